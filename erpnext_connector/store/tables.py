"""The tables of the control database.

Times are seconds since the epoch, UTC. Every `sealed_*` column holds an envelope of `store.seal`; no column holds a
token, a password or a key in clear. Session tokens, states and browser tokens are kept as SHA-256 digests only.
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

grants = Table(
    "connector_grants",
    metadata,
    _site_column(primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("subject", Text),
    Column("profile", Text, nullable=False),
    Column("sealed_tokens", LargeBinary, nullable=False),
    # Names the stored pair, never twice the same: a writer that read an older one must not overwrite a newer one.
    Column("generation", Text, nullable=False),
    Column("refresh_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    # While this lies ahead, somebody is refreshing: others use the old pair or wait.
    Column("refreshing_until", Float, nullable=False),
)

sessions = Table(
    "connector_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _site_column(),
    Column("user_id", Text, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("connector_sessions_by_user", "site_id", "user_id"),
    Index("connector_sessions_by_expiry", "expires_at"),
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
    Column("user_id", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("doctype", Text),
    Column("name", Text),
    Column("outcome", Text, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Index("connector_ledger_by_user", "site_id", "user_id", "id"),
    sqlite_autoincrement=True,
)
