"""What Alembic runs: the migrations, on the connection it is given."""

from __future__ import annotations

from alembic import context

from erpnext_connector.store.migrate import VERSION_TABLE
from erpnext_connector.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
