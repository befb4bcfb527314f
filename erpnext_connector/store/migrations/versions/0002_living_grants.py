"""What grants that live need: data keys, health, devices, receipts. Adds only; nothing that was there changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = (
    "receipts",
    "throttle",
    "revocations",
    "pairings",
    "ended_sessions",
    "ended_grants",
    "retired_tokens",
    "user_keys",
)


def upgrade() -> None:
    _create_user_keys()
    _extend_grants()
    _create_retired_tokens()
    _create_ended()
    _extend_sessions()
    _create_pairings()
    _create_revocations()
    _create_throttle()
    _create_receipts()
    op.add_column("connector_ledger", sa.Column("sealed_details", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("connector_ledger", "sealed_details")
    for table in _TABLES:
        op.drop_table(f"connector_{table}")
    for column in ("label", "last_seen_at"):
        op.drop_column("connector_sessions", column)
    op.drop_index("connector_grants_by_check", "connector_grants")
    op.drop_index("connector_grants_by_refresh", "connector_grants")
    for added in _grant_columns():
        op.drop_column("connector_grants", added.name)


def _create_user_keys() -> None:
    op.create_table(
        "connector_user_keys",
        sa.Column("site_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False, unique=True),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
    )


def _grant_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("sealed_profile", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False, server_default="healthy"),
        sa.Column("degraded_until", sa.Float, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_refreshed_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("checked_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("password_mark", sa.Text),
    ]


def _extend_grants() -> None:
    for column in _grant_columns():
        op.add_column("connector_grants", column)
    op.create_index("connector_grants_by_check", "connector_grants", ["checked_at"])
    op.create_index("connector_grants_by_refresh", "connector_grants", ["last_refreshed_at"])


def _create_retired_tokens() -> None:
    op.create_table(
        "connector_retired_tokens",
        _counted_id(),
        _site_column(),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("sealed_token", sa.LargeBinary, nullable=False),
        sa.Column("retired_at", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("connector_retired_tokens_by_user", "connector_retired_tokens", ["site_id", "user_id"])
    op.create_index("connector_retired_tokens_by_age", "connector_retired_tokens", ["retired_at"])


def _create_ended() -> None:
    op.create_table(
        "connector_ended_grants",
        _site_column(primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Float, nullable=False),
    )
    op.create_table(
        "connector_ended_sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Float, nullable=False),
    )
    op.create_index("connector_ended_sessions_by_age", "connector_ended_sessions", ["ended_at"])


def _extend_sessions() -> None:
    op.add_column("connector_sessions", sa.Column("last_seen_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("connector_sessions", sa.Column("label", sa.Text))


def _create_pairings() -> None:
    op.create_table(
        "connector_pairings",
        sa.Column("code_hash", sa.Text, primary_key=True),
        _site_column(),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("session_hash", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("connector_pairings_by_user", "connector_pairings", ["site_id", "user_id"])


def _create_revocations() -> None:
    op.create_table(
        "connector_revocations",
        _site_column(primary_key=True),
        sa.Column("identity_digest", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Float, nullable=False),
    )


def _create_throttle() -> None:
    op.create_table(
        "connector_throttle",
        sa.Column("key_hash", sa.Text, primary_key=True),
        sa.Column("whole_at", sa.Float, nullable=False),
    )
    op.create_index("connector_throttle_by_age", "connector_throttle", ["whole_at"])


def _create_receipts() -> None:
    op.create_table(
        "connector_receipts",
        _counted_id(),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("site_id", sa.Text, nullable=False),
        sa.Column("subject_hash", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_index("connector_receipts_by_site", "connector_receipts", ["site_id", "id"])


def _site_column(*, primary_key: bool = False) -> sa.Column[str]:
    site = sa.ForeignKey("connector_sites.id", ondelete="CASCADE")
    return sa.Column("site_id", sa.Text, site, primary_key=primary_key, nullable=False)


def _counted_id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True)
