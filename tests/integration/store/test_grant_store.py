from __future__ import annotations

import pytest

from erpnext_connector.store.database import Database
from erpnext_connector.store.grants import SqlGrants
from erpnext_connector.store.sites import Sites
from erpnext_connector.testing.grant_store import GrantStoreContract


class TestSqlGrants(GrantStoreContract):
    """On SQLite and on PostgreSQL."""

    @pytest.fixture
    def store(self, database: Database, sites: Sites) -> SqlGrants:
        return SqlGrants(database)
