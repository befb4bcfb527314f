"""Frappe's HTML messages as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_BREAKS: Final = frozenset(
    {
        *("address", "article", "br", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("li", "ol", "p", "pre", "section", "summary", "table", "td", "th", "tr", "ul"),
    }
)
_SILENT: Final = frozenset(("script", "style", "template", "head"))
_BLANKS: Final = re.compile(r"\s+")
_TOKEN: Final = re.compile(r"""(['"]?(?:access|refresh|id)_token['"]?\s*[:=]\s*)(['"]?)[^'",}\s]+\2""")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = [""]
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT:
            self._silent += 1
        self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.lines[-1] += data

    def _break_at(self, tag: str) -> None:
        if tag in _BREAKS:
            self.lines.append("")


def lines(html: str) -> list[str]:
    """The words of a piece of HTML, line by line as a browser would break them; "<" that opens no tag stays."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return [line for line in (_BLANKS.sub(" ", line).strip() for line in parser.lines) if line]


def plain(html: str) -> str:
    """The words of a piece of HTML on one line."""
    if "<" not in html and "&" not in html:
        return _BLANKS.sub(" ", html).strip()
    return " ".join(lines(html))


def without_tokens(text: str) -> str:
    """The text with token values masked: Frappe quotes an unknown refresh token in its message (frappe-quirks 1.2)."""
    return _TOKEN.sub(r"\1\2***\2", text)
