"""One sandbox site: its version, its clock, its database."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.sandbox import data, tables
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.faults import Faults
from erpnext_connector.sandbox.limits import RateLimit
from erpnext_connector.sandbox.meta import DocType, Schema
from erpnext_connector.sandbox.sessions import FailedLogins, Sessions
from erpnext_connector.sandbox.stored import Stored
from erpnext_connector.sandbox.versions import recorded

TIME_ZONES: Final = {14: "America/New_York", 15: "Asia/Kolkata", 16: "Europe/London"}
AUTOMATIC_ROLES: Final = ("All", "Guest")
HASH_LENGTH: Final = 10
MICROSECONDS: Final = 1_000_000

Document = dict[str, Any]
Event = tuple[str, Document]
Listener = Callable[[list[Event]], None]
PartT = TypeVar("PartT")


class Site:
    """What a request works on; `lock` is held while one does, so that requests come one after another."""

    def __init__(
        self,
        frappe: int,
        doctypes: Iterable[DocType],
        *,
        time_zone: str | None = None,
        path: str = ":memory:",
        faults: Faults | None = None,
        clock: Clock | None = None,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.frappe = frappe
        self.time_zone = time_zone or TIME_ZONES[recorded(frappe)]
        self.clock = clock or SystemClock()
        self.token_bytes = token_bytes
        self.faults = faults or Faults([])
        self.lock = threading.RLock()
        self.sessions = Sessions(token_bytes)
        self.failed_logins = FailedLogins(self.clock.now)
        self.registrations = RateLimit(self.clock.now)
        self.jobs_ran_at = self.clock.now()
        self.after_commit: list[Listener] = []
        self.events: list[Event] = []
        self.messages: list[dict[str, Any]] = []
        self.caught: str | None = None
        self.left_over: dict[str, Any] = {}
        self.base_url = "http://127.0.0.1"
        self._last_moment = 0
        self._zone = ZoneInfo(self.time_zone)
        self._parts: dict[Callable[[Site], Any], Any] = {}
        self.schema = Schema([*doctypes])
        self.db = tables.connect(path)
        self.stored = Stored(self.db, self.doctype, self.read_single)
        for doctype in self.schema:
            tables.create(self.db, doctype)

    def part(self, kind: Callable[[Site], PartT]) -> PartT:
        """The one `kind` of this site: rules that keep something while a request is worked on."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        found: PartT = self._parts[kind]
        return found

    def now(self) -> str:
        """The time in the site's time zone, "2026-11-23 10:00:00.000001"; a later call gives a later moment."""
        self._last_moment = max(round(self.clock.now() * MICROSECONDS), self._last_moment + 1)
        seconds, rest = divmod(self._last_moment, MICROSECONDS)
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(self._zone).replace(microsecond=rest, tzinfo=None)
        return str(moment)

    def today(self) -> str:
        """The date in the site's time zone."""
        return self.now()[:10]

    def doctype(self, name: object) -> DocType:
        """The DocType of this name; FrappeError DoesNotExistError where there is none."""
        found = self.schema.find(name)
        if found is not None and found.name != str(name):
            text = f"('DocType', '{name}')"
            raise FrappeError("ProgrammingError", text, 500, thrown=False, module="pymysql.err")
        if found is None:
            raise FrappeError("DoesNotExistError", f"DocType {name} not found", doctype="DocType")
        return found

    def roles(self, user: str) -> list[str]:
        """The user's roles: those given, then those that everybody of that kind has."""
        if user == "Administrator":
            rows = self.db.execute('SELECT name FROM "tabRole" ORDER BY name').fetchall()
            return [str(row["name"]) for row in rows]
        if user == "Guest":
            return ["Guest"]
        rows = self.db.execute(
            """SELECT role FROM "tabHas Role" WHERE parent = ? AND parenttype = 'User' ORDER BY idx""", (user,)
        ).fetchall()
        found = [str(row["role"]) for row in rows]
        desk = ["Desk User"] if self.is_system_user(user) else []
        return list(dict.fromkeys([*found, *AUTOMATIC_ROLES, *desk]))

    def is_system_user(self, user: str) -> bool:
        """Whether the user may use the desk."""
        row = self.db.execute('SELECT user_type FROM "tabUser" WHERE name = ?', (user,)).fetchone()
        return row is not None and row["user_type"] == "System User"

    def setting(self, name: str) -> Any:
        """A field of System Settings."""
        return (self.read_single("System Settings") or {}).get(name)

    def read_single(self, doctype: str) -> Document | None:
        """The values of a single DocType, None before it was first saved."""
        row = self.db.execute("SELECT document FROM singles WHERE doctype = ?", (doctype,)).fetchone()
        return json.loads(row["document"]) if row else None

    def write_single(self, doctype: str, document: Document) -> None:
        """Keep the values of a single DocType."""
        self.db.execute("INSERT OR REPLACE INTO singles VALUES (?, ?)", (doctype, json.dumps(document)))

    def keep_password(self, doctype: str, name: str, fieldname: str, password: str) -> None:
        """Keep the value of a Password field."""
        self.db.execute("INSERT OR REPLACE INTO passwords VALUES (?, ?, ?, ?)", (doctype, name, fieldname, password))

    def password(self, doctype: str, name: str, fieldname: str) -> str | None:
        """The value of a Password field."""
        row = self.db.execute(
            "SELECT password FROM passwords WHERE doctype = ? AND name = ? AND fieldname = ?",
            (doctype, name, fieldname),
        ).fetchone()
        return str(row["password"]) if row else None

    def random_name(self) -> str:
        """A name by the rule "hash": ten letters and digits."""
        return base64.b32hexencode(self.token_bytes(HASH_LENGTH)).decode()[:HASH_LENGTH].lower()

    def say(self, message: str, **keys: Any) -> None:
        """Tell the user something beside the answer (Frappe's msgprint)."""
        self.messages.append({"message": message, "title": "Message", **keys})

    def read_custom_fields(self) -> None:
        """Put the Custom Fields that are in the database into their DocTypes."""
        rows = self.db.execute('SELECT * FROM "tabCustom Field" ORDER BY creation').fetchall()
        for row in rows:
            self.add_custom_field(dict(row))

    def add_custom_field(self, document: Document) -> None:
        """Add the field that a Custom Field document describes, with its column."""
        doctype = self.schema.find(document.get("dt"))
        if doctype is None or document["fieldname"] in doctype.by_name:
            return
        field = data.custom_field(document)
        changed = _with_fields(doctype, [*doctype.fields, field])
        if not doctype.issingle and field in changed.value_fields:
            tables.add_column(self.db, doctype, field)
        self.schema.add(changed)

    def remove_custom_field(self, document: Document) -> None:
        """Take a custom field away; its column stays, as in Frappe."""
        doctype = self.schema.find(document.get("dt"))
        if doctype is not None:
            kept = [
                field for field in doctype.fields if not (field.custom and field.fieldname == document["fieldname"])
            ]
            self.schema.add(_with_fields(doctype, kept))

    def add_doctype(self, document: Document) -> None:
        """Add the DocType that a document describes, with its table."""
        doctype = data.read_doctype(document)
        tables.create(self.db, doctype)
        self.schema.add(doctype)

    def note(self, error: FrappeError) -> None:
        """Keep what an error says that somebody caught: its message stays among the answer's."""
        self.left_over |= {key: value for key, value in error.extra.items() if key == "_error_message"}
        if error.thrown:
            self.messages.append(shown(self, error))
            self.caught = error.exc_type

    def emit(self, document: Document, *events: str) -> None:
        """Note events that the listeners hear of after the commit."""
        seen = deepcopy(document)
        self.events.extend((event, seen) for event in events)

    def begin(self) -> None:
        """Start a request's transaction."""
        self.events, self.messages, self.caught, self.left_over = [], [], None, {}
        self.db.execute("BEGIN")

    def commit(self) -> None:
        """Make what was done so far durable, then tell the listeners its events."""
        in_request = self.db.in_transaction
        if in_request:
            self.db.execute("COMMIT")
        events, self.events = self.events, []
        if events:
            for listener in self.after_commit:
                listener(events)
        if in_request:
            self.db.execute("BEGIN")

    def end(self, *, keep: bool) -> None:
        """End a request: keep what it did, or undo it."""
        if keep:
            self.commit()
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self.events = []


def _with_fields(doctype: DocType, fields: list[Any]) -> DocType:
    values = {name: getattr(doctype, name) for name in doctype.__struct_fields__}
    return DocType(**{**values, "fields": fields})


def shown(site: Site, error: FrappeError) -> dict[str, Any]:
    """An error's message as the user sees it."""
    message: dict[str, Any] = {"message": error.message, "title": error.title or "Message"}
    message |= {"indicator": "red", "raise_exception": 1}
    if site.frappe >= 15:
        message["__frappe_exc_id"] = site.token_bytes(28).hex()
    return message
