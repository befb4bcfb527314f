"""What every test may ask for."""

from __future__ import annotations

import pytest

from tests.clocks import ManualClock

pytest_plugins = ["tests.databases"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
