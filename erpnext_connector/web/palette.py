"""The app's color on the connector's pages, readable in light and in dark."""

from __future__ import annotations

import colorsys
from typing import Final

# Grounds of pages.css with the worse contrast of the two that text stands on.
_PAPER: Final = "#f5f7f6"
_DARK_PANEL: Final = "#18201f"
# WCAG 2.2 AA asks for 4.5; on dark grounds a bit more is easier on the eye.
_ON_LIGHT: Final = 4.5
_ON_DARK: Final = 8.0
_STEP: Final = 0.01

Color = tuple[float, float, float]


def accent_rule(color: str) -> str:
    """CSS that makes `color`, like "#0f766e", the accent; darker or lighter where it could not be read as it is."""
    light = _readable(color, _PAPER, _ON_LIGHT, step=-_STEP)
    dark = _readable(color, _DARK_PANEL, _ON_DARK, step=_STEP)
    return f":root {{ --accent: light-dark({light}, {dark}); --on-accent: light-dark(#fff, #0f1514); }}\n"


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colors, from 1 to 21."""
    lighter, darker = sorted((_luminance(_parsed(one)), _luminance(_parsed(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(color: str, ground: str, aim: float, *, step: float) -> str:
    """The same hue, with `step` more lightness as often as needed: black and white are readable."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parsed(color))
    found = _written(_parsed(color))
    while contrast(found, ground) < aim:
        lightness = min(1.0, max(0.0, lightness + step))
        found = _written(colorsys.hls_to_rgb(hue, lightness, saturation))
    return found


def _parsed(color: str) -> Color:
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _written(color: Color) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)


def _luminance(color: Color) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
