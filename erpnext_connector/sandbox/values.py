"""Values of fields as Frappe reads them: numbers, dates, flags out of whatever a client sends."""

from __future__ import annotations

import calendar
import json
import re
from datetime import date, datetime, timedelta
from typing import Any, Final

from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import NUMBER_TYPES

INTEGER: Final = re.compile(r"[+-]?\d+")
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def to_int(value: object) -> int:
    """A whole number; 0 out of anything that is none."""
    try:
        return int(float(str(value))) if not isinstance(value, bool) else int(value)
    except (ValueError, OverflowError):
        return 0


def to_number(value: object) -> float:
    """A number; 0.0 out of anything that is none; commas between digits don't count."""
    if isinstance(value, str):
        value = value.replace(",", "")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def to_flag(value: object) -> object:
    """True or False out of their usual spellings, anything else as it is."""
    lowered = str(value).lower()
    if lowered in ("true", "yes", "1"):
        return True
    return False if lowered in ("false", "no", "0") else value


def parse_json(value: object) -> Any:
    """JSON text decoded, anything else as it is; FrappeError (500) where it is not JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise FrappeError("JSONDecodeError", str(error), 500, thrown=False, module="json.decoder") from None


def to_date(value: object) -> str | None:
    """A date as "2026-11-23"; FrappeError where it is none."""
    if value in (None, ""):
        return None
    text = str(value).strip()
    if text.startswith("0000"):
        return None
    try:
        return _read_moment(text).date().isoformat()
    except ValueError:
        text = f"{bold_date(text)} is not a valid date string."
        raise FrappeError("ValidationError", text, title="Invalid Date", named=True) from None


def bold_date(text: str) -> str:
    """A date in a message."""
    return f"<strong>{text}</strong>"


def to_datetime(value: object) -> str | None:
    """A moment as "2026-11-23 10:00:00.000001" (no fraction where it is 0); FrappeError where it is none."""
    if value in (None, ""):
        return None
    try:
        return str(_read_moment(str(value).strip()))
    except ValueError as error:
        raise FrappeError("ValueError", str(error)) from None


def loose_datetime(value: object) -> str:
    """A moment for a comparison; what is none stays as it is."""
    try:
        return str(_read_moment(str(value).strip()))
    except ValueError:
        return str(value)


def _read_moment(text: str) -> datetime:
    for form in ("%d-%m-%Y", "%d/%m/%Y"):
        if len(text) == 10 and not text[:4].isdigit():
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007  the site's own time has no zone
            except ValueError:
                continue
    return datetime.fromisoformat(text).replace(tzinfo=None)


def to_time(value: object) -> str | None:
    """A time of day as "10:00:00"."""
    if value in (None, ""):
        return None
    text = str(value)
    return text if text.count(":") != 1 else f"{text}:00"


def stored(fieldtype: str | None, value: object) -> Any:
    """A value as the field's column keeps it."""
    if fieldtype == "Check":
        return 1 if to_int(value) else 0
    if fieldtype in ("Int", "Long Int"):
        return to_int(value) if value is not None else 0
    if fieldtype in NUMBER_TYPES:
        return to_number(value) if value is not None else 0.0
    if value is None:
        return None
    if fieldtype == "Date":
        return to_date(value)
    if fieldtype == "Datetime":
        return to_datetime(value)
    if fieldtype == "Time":
        return to_time(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, indent=1) if fieldtype == "JSON" else json.dumps(value)
    return to_text(value)


def to_text(value: object) -> str:
    """Text without spaces around it, as MariaDB and Frappe keep names."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def timespan(name: str, today: date) -> tuple[str, str] | None:
    """The first and last date of "last week", "this month", "tomorrow" ...; None for an unknown one."""
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if name in days:
        day = (today + timedelta(days=days[name])).isoformat()
        return day, day
    found = re.fullmatch(r"last (7|14|30|90) days", name)
    if found:
        return (today - timedelta(days=int(found[1]))).isoformat(), today.isoformat()
    which, _, unit = name.partition(" ")
    step = {"last": -1, "this": 0, "next": 1}.get(which)
    if step is None:
        return None
    span = _span(unit, today, step)
    return (span[0].isoformat(), span[1].isoformat()) if span else None


def _span(unit: str, today: date, step: int) -> tuple[date, date] | None:
    if unit == "week":
        first = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=step)
        return first, first + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "6 months": 6, "year": 12}.get(unit)
    if months is None:
        return None
    if unit == "6 months":
        start, end = (step * 6, 0) if step < 0 else (0, step * 6)
        return _add_months(today, start), _add_months(today, end)
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    first = _add_months(first, step * months)
    return first, _add_months(first, months) - timedelta(days=1)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
