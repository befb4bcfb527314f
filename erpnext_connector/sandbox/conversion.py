"""What Frappe makes of a document's values: in memory, and as columns keep them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.meta import NUMBER_TYPES, WHOLE_TYPES, DocType, Field
from erpnext_connector.sandbox.values import stored

DECIMALS: Final = 9
CONVERTED: Final = NUMBER_TYPES | WHOLE_TYPES | {"JSON"}
DATES: Final = ("Date", "Datetime", "Time")

Document = dict[str, Any]


def convert(doctype: DocType, document: Document) -> None:
    """Bring numbers and flags into their fields' types; text and dates stay as they were given until stored."""
    for field in doctype.value_fields:
        value = document.get(field.fieldname)
        if isinstance(value, list) and field.fieldtype != "JSON":
            text = f"Value for {bold(field.shown_label)} cannot be a list"
            raise FrappeError("ValidationError", text)
        if field.fieldtype in DATES and value == "":
            document[field.fieldname] = None
        elif field.fieldtype in CONVERTED or isinstance(value, list):
            document[field.fieldname] = stored(field.fieldtype, value)


def storable(doctype: DocType, document: Document) -> Document:
    """The values as the columns keep them; FrappeError (500) for what the database would refuse."""
    kept = dict(document)
    for field in doctype.value_fields:
        value = document.get(field.fieldname)
        if isinstance(value, dict) and field.fieldtype != "JSON":
            raise FrappeError("TypeError", "dict can not be used as parameter")
        if field.fieldtype in ("Date", "Datetime") and value not in (None, ""):
            kept[field.fieldname] = _moment(doctype, field, value)
        else:
            kept[field.fieldname] = stored(field.fieldtype, None if value == "" and field.fieldtype in DATES else value)
        if field.fieldtype in NUMBER_TYPES:
            kept[field.fieldname] = round(kept[field.fieldname], DECIMALS)
    return kept


def _moment(doctype: DocType, field: Field, value: Any) -> Any:
    if str(value)[:4].isdigit():
        with suppress(FrappeError):
            return stored(field.fieldtype, value)
    kind = field.fieldtype.lower()
    text = f"Incorrect {kind} value: '{value}' for column `tab{doctype.name}`.`{field.fieldname}` at row 1"
    raise FrappeError("OperationalError", f'(1292, "{text}")', 500, thrown=False, module="pymysql.err")
