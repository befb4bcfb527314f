from __future__ import annotations

import re
from pathlib import Path

import pytest

import erpnext_connector
from erpnext_connector.web.palette import accent_rule, contrast

PAGES = (Path(erpnext_connector.__file__).parent / "web/static/pages.css").read_text()
COLORS = ("#0f766e", "#1A4FB8", "#ff0", "#fff", "#000000", "#e11d48", "#808080", "#0f0", "#00f", "#fe0")


def schemes(css: str, name: str) -> tuple[str, str]:
    """A custom property's color in light and in dark."""
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", css)
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("scheme", [0, 1])
def test_every_color_can_be_read_on_the_pages_and_from_its_buttons(color: str, ground: str, scheme: int) -> None:
    rule = accent_rule(color)
    accent = schemes(rule, "accent")[scheme]
    assert contrast(accent, schemes(PAGES, ground)[scheme]) >= 4.5
    assert contrast(accent, schemes(rule, "on-accent")[scheme]) >= 4.5


def test_a_color_that_can_be_read_stays_as_it_is() -> None:
    assert schemes(accent_rule("#0f766e"), "accent")[0] == "#0f766e"
    assert schemes(accent_rule("#5eead4"), "accent")[1] == "#5eead4"


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000", "#ffffff", 21), ("#777", "#fff", 4.48), ("#abc", "#abc", 1)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)
