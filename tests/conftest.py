"""What every test may ask for."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.clocks import ManualClock

pytest_plugins = ["tests.databases"]

# A laptop with other work to do is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
