"""The first tables: sites, grants, sessions, pending sign-ins, inbox, ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WAITING = sa.text("status = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "connector_sites",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("api_key", sa.Text),
        sa.Column("sealed_secrets", sa.LargeBinary, nullable=False),
    )
    _create_grants()
    _create_sessions()
    _create_pending_sign_ins()
    _create_inbox_events()
    _create_ledger()


def downgrade() -> None:
    for table in ("ledger", "inbox_events", "pending_sign_ins", "sessions", "grants", "sites"):
        op.drop_table(f"connector_{table}")


def _create_grants() -> None:
    op.create_table(
        "connector_grants",
        _site_column(primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("sealed_tokens", sa.LargeBinary, nullable=False),
        sa.Column("generation", sa.Text, nullable=False),
        sa.Column("refresh_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("refreshing_until", sa.Float, nullable=False),
    )


def _create_sessions() -> None:
    op.create_table(
        "connector_sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        _site_column(),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("connector_sessions_by_user", "connector_sessions", ["site_id", "user_id"])
    op.create_index("connector_sessions_by_expiry", "connector_sessions", ["expires_at"])


def _create_pending_sign_ins() -> None:
    table = "connector_pending_sign_ins"
    op.create_table(
        table,
        sa.Column("state_hash", sa.Text, primary_key=True),
        sa.Column("browser_hash", sa.Text, nullable=False),
        _site_column(),
        sa.Column("sealed_proof", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("connector_pending_sign_ins_by_browser", table, ["browser_hash"])
    op.create_index("connector_pending_sign_ins_by_expiry", table, ["expires_at"])


def _create_inbox_events() -> None:
    table = "connector_inbox_events"
    op.create_table(
        table,
        _counted_id(),
        _site_column(),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("doctype", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("event", sa.Text),
        sa.Column("modified", sa.Text),
        sa.Column("docstatus", sa.Integer),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("claimed_until", sa.Float, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("finished_at", sa.Float),
        sa.UniqueConstraint("site_id", "fingerprint", name="connector_inbox_events_once"),
        sqlite_autoincrement=True,
    )
    _create_index_of_waiting("connector_inbox_events_waiting", ["id"])
    _create_index_of_waiting("connector_inbox_events_in_order", ["site_id", "doctype", "name", "id"])
    op.create_index("connector_inbox_events_by_content", table, ["site_id", "content_hash"])


def _create_index_of_waiting(name: str, columns: list[str]) -> None:
    op.create_index(name, "connector_inbox_events", columns, sqlite_where=_WAITING, postgresql_where=_WAITING)


def _create_ledger() -> None:
    op.create_table(
        "connector_ledger",
        _counted_id(),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("site_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("doctype", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("connector_ledger_by_user", "connector_ledger", ["site_id", "user_id", "id"])


def _site_column(*, primary_key: bool = False) -> sa.Column[str]:
    site = sa.ForeignKey("connector_sites.id", ondelete="CASCADE")
    return sa.Column("site_id", sa.Text, site, primary_key=primary_key, nullable=False)


def _counted_id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True)
