"""The tables of the control database.

Times are seconds since the epoch, UTC. Every `sealed_*` column holds an envelope of `store.seal`; no column holds a
token, a password or a key in clear. Session tokens, states, browser tokens and pairing codes are kept as SHA-256
digests only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()


def _site_column(*, primary_key: bool = False) -> Column[str]:
    """What belongs to a site goes when the site goes."""
    site = ForeignKey("connector_sites.id", ondelete="CASCADE")
    return Column("site_id", Text, site, primary_key=primary_key, nullable=False)


def _counted_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


sites = Table(
    "connector_sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("api_key", Text),
    Column("sealed_secrets", LargeBinary, nullable=False),
)

# One data key per user and site, sealed by the ring: without this row nothing that was sealed for the user opens.
# No foreign key: the ledger, whose details it seals, outlives the site.
user_keys = Table(
    "connector_user_keys",
    metadata,
    Column("site_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    # Random: the user's pseudonym in the ledger.
    Column("key_id", Text, nullable=False, unique=True),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
)

grants = Table(
    "connector_grants",
    metadata,
    _site_column(primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("subject", Text),
    # Of a grant that was kept before there were data keys; empty ever after.
    Column("profile", Text, nullable=False),
    Column("sealed_profile", LargeBinary),
    Column("sealed_tokens", LargeBinary, nullable=False),
    # Names the stored pair, never twice the same: a writer that read an older one must not overwrite a newer one.
    Column("generation", Text, nullable=False),
    Column("refresh_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    # While this lies ahead, somebody is refreshing: others use the old pair or wait.
    Column("refreshing_until", Float, nullable=False),
    # "healthy", or "degraded" after a refresh that the site could not answer; nobody asks before `degraded_until`.
    Column("state", Text, nullable=False, server_default="healthy"),
    Column("degraded_until", Float, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_refreshed_at", Float, nullable=False, server_default="0"),
    # When the sentinel last looked; claimed by compare-and-swap, so that of all replicas one looks.
    Column("checked_at", Float, nullable=False, server_default="0"),
    # What the site said of the last password reset.
    Column("password_mark", Text),
    Index("connector_grants_by_check", "checked_at"),
    Index("connector_grants_by_refresh", "last_refreshed_at"),
)

# Access tokens that were replaced and are still to be revoked at the site.
retired_tokens = Table(
    "connector_retired_tokens",
    metadata,
    _counted_id(),
    _site_column(),
    Column("user_id", Text, nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("retired_at", Float, nullable=False),
    Index("connector_retired_tokens_by_user", "site_id", "user_id"),
    Index("connector_retired_tokens_by_age", "retired_at"),
    sqlite_autoincrement=True,
)

# Why a grant is no longer there, so that the user can be told; goes with the next sign-in.
ended_grants = Table(
    "connector_ended_grants",
    metadata,
    _site_column(primary_key=True),
    Column("user_id", Text, primary_key=True),
    # "expired", "revoked" or what the caller of `Vault.forget` said.
    Column("reason", Text, nullable=False),
    Column("ended_at", Float, nullable=False),
)

sessions = Table(
    "connector_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _site_column(),
    Column("user_id", Text, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    # Written once a minute at most; 0 until the first time.
    Column("last_seen_at", Float, nullable=False, server_default="0"),
    # The browser, as people would name it.
    Column("label", Text),
    Index("connector_sessions_by_user", "site_id", "user_id"),
    Index("connector_sessions_by_expiry", "expires_at"),
)

# Why a session is no longer there: kept a day, without saying whose it was.
ended_sessions = Table(
    "connector_ended_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("ended_at", Float, nullable=False),
    Index("connector_ended_sessions_by_age", "ended_at"),
)

pairings = Table(
    "connector_pairings",
    metadata,
    Column("code_hash", Text, primary_key=True),
    _site_column(),
    Column("user_id", Text, nullable=False),
    # The session that showed the code: when it ends, so does the pairing.
    Column("session_hash", Text, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("connector_pairings_by_user", "site_id", "user_id"),
)

# Who took the access away at ERPNext, as a keyed digest: nobody is signed in again without asking for it.
revocations = Table(
    "connector_revocations",
    metadata,
    _site_column(primary_key=True),
    Column("identity_digest", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("revoked_at", Float, nullable=False),
)

# How much of each allowance is used up, under digests.
throttle = Table(
    "connector_throttle",
    metadata,
    Column("key_hash", Text, primary_key=True),
    # When the allowance will be whole again.
    Column("whole_at", Float, nullable=False),
    Index("connector_throttle_by_age", "whole_at"),
)

# What was erased or revoked. Each row's hash covers the one before, so none can be changed or taken out unnoticed.
receipts = Table(
    "connector_receipts",
    metadata,
    _counted_id(),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("site_id", Text, nullable=False),
    Column("subject_hash", Text, nullable=False),
    Column("details", Text, nullable=False),
    # Unique: the chain can't fork.
    Column("previous_hash", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    Index("connector_receipts_by_site", "site_id", "id"),
    sqlite_autoincrement=True,
)

pending_sign_ins = Table(
    "connector_pending_sign_ins",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("browser_hash", Text, nullable=False),
    _site_column(),
    Column("sealed_proof", LargeBinary, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("connector_pending_sign_ins_by_browser", "browser_hash"),
    Index("connector_pending_sign_ins_by_expiry", "expires_at"),
)

inbox_events = Table(
    "connector_inbox_events",
    metadata,
    _counted_id(),
    _site_column(),
    # Unique per event: what was delivered twice is kept once.
    Column("fingerprint", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("doctype", Text),
    Column("name", Text),
    Column("event", Text),
    Column("modified", Text),
    Column("docstatus", Integer),
    Column("received_at", Float, nullable=False),
    # "waiting", "handled" or "parked".
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    # While this lies ahead, a worker has the event in its hands.
    Column("claimed_until", Float, nullable=False),
    Column("error", Text),
    Column("finished_at", Float),
    UniqueConstraint("site_id", "fingerprint", name="connector_inbox_events_once"),
    Index(
        "connector_inbox_events_waiting",
        "id",
        sqlite_where=text("status = 'waiting'"),
        postgresql_where=text("status = 'waiting'"),
    ),
    Index(
        "connector_inbox_events_in_order",
        "site_id",
        "doctype",
        "name",
        "id",
        sqlite_where=text("status = 'waiting'"),
        postgresql_where=text("status = 'waiting'"),
    ),
    Index("connector_inbox_events_by_content", "site_id", "content_hash"),
    sqlite_autoincrement=True,
)

# No foreign key: the ledger outlives the site it tells of.
ledger = Table(
    "connector_ledger",
    metadata,
    _counted_id(),
    Column("at", Float, nullable=False),
    Column("site_id", Text, nullable=False),
    # The id of the user's data key, so that nobody is named once it was erased.
    Column("user_id", Text, nullable=False),
    Column("verb", Text, nullable=False),
    # Of calls that were recorded before there were data keys; later ones are told in `sealed_details`.
    Column("doctype", Text),
    Column("name", Text),
    Column("sealed_details", LargeBinary),
    Column("outcome", Text, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Index("connector_ledger_by_user", "site_id", "user_id", "id"),
    sqlite_autoincrement=True,
)
