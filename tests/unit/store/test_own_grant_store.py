from __future__ import annotations

import pytest

from erpnext_connector.testing.grant_store import GrantStoreContract
from tests.own_grant_store import OwnGrants


class TestOwnGrants(GrantStoreContract):
    """A store that an app wrote: the public suite is enough to know that it will do."""

    @pytest.fixture
    def store(self) -> OwnGrants:
        return OwnGrants()
