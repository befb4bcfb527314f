"""The manifest: what `connector.toml` says about an app, checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from erpnext_connector.errors import ManifestInvalid

# The events a Webhook document can be set to (tests hold this equal to what the protocol's part knows).
WEBHOOK_EVENTS: Final = (
    "after_insert",
    "on_update",
    "on_submit",
    "on_cancel",
    "on_trash",
    "on_update_after_submit",
    "on_change",
)
_SECTIONS: Final = ("app", "webhook")
_APP_KEYS: Final = ("name", "url", "logo", "support", "color")
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")
_WEBHOOK_KEYS: Final = ("doctype", "events")


@dataclass(frozen=True, slots=True)
class App:
    """The app as people see it.

    `url` is its own address, `logo` an image's address, `support` where to ask, `color` that of its buttons and links.
    """

    name: str
    url: str | None = None
    logo: str | None = None
    support: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookRule:
    """What the app wants to hear of: some events of one DocType."""

    doctype: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an app says about itself."""

    app: App
    webhooks: tuple[WebhookRule, ...] = ()

    @classmethod
    def from_file(cls, path: str | Path) -> Manifest:
        """Read the file; raises `ManifestInvalid`, which names the line, the key and what was probably meant."""
        path = Path(path)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ManifestInvalid(
                f"{path} can't be read: {reason}.", hint='It needs at least:\n[app]\nname = "My app"'
            ) from None
        return cls.parse(text, where=path.name)

    @classmethod
    def parse(cls, text: str, *, where: str = "connector.toml") -> Manifest:
        """Read the text; `where` is what errors call it."""
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ManifestInvalid(f"{where} is not TOML: {error}.") from None
        return _Reader(text, where).manifest(told)


class _Reader:
    """Checks what was read, and finds the line to complain about."""

    def __init__(self, text: str, where: str) -> None:
        self._lines = text.splitlines()
        self._where = where

    def manifest(self, told: Mapping[str, Any]) -> Manifest:
        self._known(told, _SECTIONS, "", 0)
        app, rows = told.get("app"), told.get("webhook", [])
        if not isinstance(app, dict):
            raise self._error(0, "[app] is missing", 'Write [app] and under it name = "My app"')
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._error(self._line(r"\[?webhook"), "webhook is not a list", "Write [[webhook]], in two brackets")
        return Manifest(self._app(app), tuple(self._webhook(row, number) for number, row in enumerate(rows)))

    def _app(self, told: Mapping[str, Any]) -> App:
        start = self._line(r"\[app\]")
        self._known(told, _APP_KEYS, "app.", start)
        name = self._text(told, "name", "app.", start)
        if not name:
            raise self._error(start, "app.name is missing", 'Write name = "My app"')
        color = self._text(told, "color", "app.", start)
        if color and not _COLOR.fullmatch(color):
            line = self._line("color", after=start)
            raise self._error(line, f"{color!r} is not a color", 'Write it in hexadecimal, like color = "#0f766e"')
        return App(name, *(self._text(told, key, "app.", start) for key in _APP_KEYS[1:]))

    def _webhook(self, told: Mapping[str, Any], number: int) -> WebhookRule:
        start, place = self._line(r"\[\[webhook\]\]", number), "webhook."
        self._known(told, _WEBHOOK_KEYS, place, start)
        doctype = self._text(told, "doctype", place, start)
        if not doctype:
            raise self._error(start, "webhook.doctype is missing", 'Write doctype = "Sales Invoice"')
        return WebhookRule(doctype, self._events(told.get("events"), start))

    def _events(self, told: object, start: int) -> tuple[str, ...]:
        line = self._line("events", after=start)
        if not isinstance(told, list) or not told:
            raise self._error(line or start, "webhook.events is missing or no list", 'Write events = ["on_update"]')
        for event in told:
            if event not in WEBHOOK_EVENTS:
                raise self._error(
                    line, f"{event!r} is not an event of a webhook", _suggestion(str(event), WEBHOOK_EVENTS)
                )
        return tuple(dict.fromkeys(told))

    def _text(self, told: Mapping[str, Any], key: str, place: str, start: int) -> str | None:
        value = told.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value.strip() if value else None
        raise self._error(self._line(key, after=start), f"{place}{key} is not a text", f'Write {key} = "..."')

    def _known(self, told: Mapping[str, Any], known: Collection[str], place: str, start: int) -> None:
        for key in told:
            if key not in known:
                line = self._line(rf"\[*{re.escape(key)}\b", after=start)
                raise self._error(line, f"{place}{key} is unknown", _suggestion(key, known))

    def _line(self, pattern: str, skip: int = 0, *, after: int = 0) -> int:
        """The number of the line that begins so, from 1; 0 where it is not found (an inline table, say)."""
        found = [n for n, line in enumerate(self._lines, 1) if n > after and re.match(rf"\s*[\"']?{pattern}", line)]
        return found[skip] if len(found) > skip else 0

    def _error(self, line: int, problem: str, advice: str) -> ManifestInvalid:
        where = f"{self._where}, line {line}" if line else self._where
        return ManifestInvalid(f"{where}: {problem}.", hint=advice)


def _suggestion(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word.casefold(), known, 1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"It is one of {', '.join(known)}."
