"""What Frappe checks before it writes a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.meta import NUMBER_TYPES, TABLE_TYPES, WHOLE_TYPES, DocType, Field
from erpnext_connector.sandbox.sanitize import sanitize, strip_tags
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import to_int, to_number

DECIMALS: Final = 9
CONVERTED: Final = NUMBER_TYPES | WHOLE_TYPES | {"JSON"}
DATES: Final = ("Date", "Datetime", "Time")
UNSANITIZED_TYPES: Final = ("Attach", "Attach Image", "Barcode", "Code")
EMAIL: Final = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
PHONE: Final = re.compile(r"^[0-9 +_\-,.*#()]{1,20}$")
MAXIMUM_INTEGER: Final = 2_147_483_647


def rows_of(site: Site, doctype: DocType, document: Document) -> Iterator[tuple[DocType, Document]]:
    """Every row of the document's child tables, with its DocType."""
    for field in doctype.table_fields:
        for row in document.get(field.fieldname) or ():
            yield site.doctype(field.options), row


def set_defaults(site: Site, doctype: DocType, document: Document, user: str) -> None:
    """Fill the fields that a new document leaves out."""
    for field in doctype.value_fields:
        if document.get(field.fieldname) is None:
            document[field.fieldname] = _default(site, field, user)


def _default(site: Site, field: Field, user: str) -> Any:
    default = field.default
    if default is None or default == "":
        first = (field.options or "").split("\n")[0]
        return first if field.fieldtype == "Select" and field.options else None
    if field.fieldtype == "Date" and default.lower() == "today":
        return site.today()
    if field.fieldtype == "Datetime" and default.lower() == "now":
        return site.now()
    if field.fieldtype == "Time" and default.lower() == "now":
        return site.now()[11:]
    if default in ("__user", "user"):
        return user
    return default


def check_links(site: Site, doctype: DocType, document: Document) -> None:
    """Raise for links that lead nowhere or to cancelled documents; write names as they are spelled."""
    invalid: list[str] = []
    cancelled: list[str] = []
    for one, values in [(doctype, document), *rows_of(site, doctype, document)]:
        for field in one.fields:
            if field.fieldtype not in ("Link", "Dynamic Link") or not values.get(field.fieldname):
                continue
            target = _target(site, one, field, values)
            name = values[field.fieldname]
            found = site.stored.real_name(target.name, str(name)) if target else None
            shown = f"{_row_label(values)}{field.shown_label}: {name}"
            if target is None or found is None:
                invalid.append(shown)
                continue
            values[field.fieldname] = found
            _fetch(site, one, values, field, target, found)
            both = doctype.is_submittable and target.is_submittable and field.fieldname != "amended_from"
            if both and site.stored.value(target.name, found, "docstatus") == 2:
                cancelled.append(shown)
    if invalid:
        raise FrappeError("LinkValidationError", f"Could not find {', '.join(invalid)}")
    if cancelled:
        raise FrappeError("CancelledLinkError", f"Cannot link cancelled document: {', '.join(cancelled)}")


def _target(site: Site, doctype: DocType, field: Field, values: Document) -> DocType | None:
    if field.fieldtype == "Link":
        return site.schema.find(field.options)
    name = values.get(str(field.options))
    if not name:
        raise FrappeError("ValidationError", f"{doctype.label(str(field.options))} must be set first")
    return site.doctype(name)


def _fetch(site: Site, doctype: DocType, values: Document, link: Field, target: DocType, name: str) -> None:
    """Fields that are fetched from the linked document."""
    for field in doctype.value_fields:
        source, _, fieldname = (field.fetch_from or "").partition(".")
        if source != link.fieldname or (field.fetch_if_empty and values.get(field.fieldname)):
            continue
        if fieldname in target.columns:
            values[field.fieldname] = site.stored.value(target.name, name, fieldname)


def _row_label(values: Document) -> str:
    return f"Row #{values.get('idx')}: " if values.get("parentfield") else ""


def check_mandatory(site: Site, doctype: DocType, document: Document) -> None:
    """Raise for mandatory fields without a value."""
    missing = list(_missing(site, doctype, document))
    for one, row in rows_of(site, doctype, document):
        missing.extend(_missing(site, one, row))
    if not missing:
        return
    for _, text in missing:
        site.say(text)
    names = ", ".join(name for name, _ in missing)
    raise FrappeError("MandatoryError", f"[{doctype.name}, {document.get('name')}]: {names}", thrown=False)


def _missing(site: Site, doctype: DocType, values: Document) -> Iterator[tuple[str, str]]:
    for field in doctype.fields:
        if not field.reqd or _has_content(field, values.get(field.fieldname)):
            continue
        if field.fieldtype in TABLE_TYPES:
            colon = "" if site.frappe >= 16 else ":"
            yield field.fieldname, f"Error: Data missing in table{colon} {field.shown_label}"
        elif values.get("parentfield"):
            place = f"{bold(doctype.name)} Row #{values.get('idx')}"
            yield field.fieldname, f"Error: {place}: Value missing for: {field.shown_label}"
        else:
            yield field.fieldname, f"Error: Value missing for {doctype.name}: {field.shown_label}"


def _has_content(field: Field, value: Any) -> bool:
    if value is None or value == []:
        return False
    text = str(value)
    return bool(strip_tags(text).strip()) or (field.fieldtype == "Text Editor" and "<img" in text)


def check_values(site: Site, doctype: DocType, document: Document) -> None:
    """Raise for selects, signs, lengths and addresses that can't be; make HTML harmless."""
    for one, values in [(doctype, document), *rows_of(site, doctype, document)]:
        for field in one.value_fields:
            _check_data(field, values.get(field.fieldname))
        for field in one.value_fields:
            _check_select(field, values)
        for field in one.value_fields:
            _check_size(one, field, values)
        _clean(one, values, site.frappe)


def _check_data(field: Field, value: Any) -> None:
    if field.fieldtype != "Data" or not value or not field.options:
        return
    text = str(value)
    if field.options == "Email" and text not in ("Administrator", "Guest"):
        for address in re.split(r"[,\n]", text):
            if address.strip() and not EMAIL.match(re.sub(r".*<(.*)>", r"\1", address.strip())):
                shown = f"{address.strip()} is not a valid Email Address"
                raise FrappeError("InvalidEmailAddressError", shown, title="Invalid Email Address")
    if field.options == "Phone" and not PHONE.match(text.strip()):
        raise FrappeError("InvalidPhoneNumberError", f"{text} is not a valid Phone Number")
    if field.options == "URL" and not re.match(r"^[a-z][a-z0-9+.-]*://[^/\s]+", text, re.IGNORECASE):
        raise FrappeError("ValidationError", f"'{bold(text)}' is not a valid URL", title="Invalid URL")


def _check_select(field: Field, values: Document) -> None:
    value = values.get(field.fieldname)
    options = (field.options or "").split("\n")
    if field.fieldtype != "Select" or field.fieldname == "naming_series" or not value or not any(options):
        return
    values[field.fieldname] = value = str(value).strip()
    if value not in options:
        prefix = f"Row #{values.get('idx')}:" if values.get("parentfield") else ""
        listed = '", "'.join(options)
        text = f'{prefix} {field.shown_label} cannot be "{value}". It should be one of "{listed}"'
        raise FrappeError("ValidationError", text)


def _check_size(doctype: DocType, field: Field, values: Document) -> None:
    value = values.get(field.fieldname)
    if field.non_negative and field.fieldtype in ("Int", *NUMBER_TYPES) and to_number(value) < 0:
        text = f"Value cannot be negative for {doctype.name}: {bold(field.shown_label)}"
        raise FrappeError("NonNegativeError", text, title="Negative Value")
    if doctype.issingle:
        return
    limit = field.max_length
    too_long = limit is not None and len(str(value if value is not None else "")) > limit
    too_large = field.fieldtype == "Int" and field.length <= 11 and abs(to_int(value)) > MAXIMUM_INTEGER
    if too_long or too_large:
        where = f"{doctype.name} {values.get('name')}"
        if values.get("parentfield"):
            where = f"{doctype.name}, Row {values.get('idx')}"
        shown = limit if too_long else MAXIMUM_INTEGER
        text = (
            f"{where}: '{bold(field.shown_label)}' ({value}) will get truncated, as max characters allowed is {shown}"
        )
        raise FrappeError("CharacterLengthExceededError", text, title="Value too big")


def _clean(doctype: DocType, values: Document, frappe: int) -> None:
    docstatus = values.get("docstatus") or 0
    for field in doctype.value_fields:
        value = values.get(field.fieldname)
        is_email = field.fieldtype in ("Data", "Small Text", "Text") and field.options == "Email"
        kept = field.ignore_xss_filter or is_email or field.fieldtype in UNSANITIZED_TYPES
        kept = kept or docstatus == 2 or (docstatus == 1 and not field.allow_on_submit)
        if isinstance(value, str) and not kept:
            values[field.fieldname] = sanitize(value, check_links=frappe != 15)


def check_unchanged_after_submit(site: Site, doctype: DocType, document: Document, before: Document) -> None:
    """Raise where a submitted document's field changes that may not."""
    _check_unchanged(doctype, document, before)
    for field in doctype.table_fields:
        one = site.doctype(field.options)
        old = {row["name"]: row for row in before.get(field.fieldname) or ()}
        for row in document.get(field.fieldname) or ():
            if row["name"] not in old and field.allow_on_submit:
                continue
            _check_unchanged(one, row, old.get(row["name"], {}))


def _check_unchanged(doctype: DocType, values: Document, before: Document) -> None:
    for field in doctype.fields:
        new, old = values.get(field.fieldname), before.get(field.fieldname)
        if field.allow_on_submit or not (new or old):
            continue
        if field.fieldtype in TABLE_TYPES:
            new, old = len(new or ()), len(old or ())
        elif field.fieldname not in values:
            continue
        if new != old:
            prefix = f"Row #{values.get('idx')}:" if values.get("parent") else ""
            shown = f"{bold(field.shown_label)} after submission from {bold(old)} to {bold(new)}"
            text = f"{prefix} Not allowed to change {shown}"
            raise FrappeError("UpdateAfterSubmitError", text, title="Cannot Update After Submit")


def check_set_only_once(doctype: DocType, document: Document, before: Document) -> None:
    """Raise where a constant field changes; who made a document when is constant, too."""
    for name, label in (("creation", "Created On"), ("owner", "Created By")):
        if str(document.get(name)) != str(before.get(name)):
            raise FrappeError("CannotChangeConstantError", f"Value cannot be changed for {bold(label)}")
    for field in doctype.value_fields:
        if field.set_only_once and document.get(field.fieldname) != before.get(field.fieldname):
            text = f"Value cannot be changed for {bold(field.shown_label)}"
            raise FrappeError("CannotChangeConstantError", text)
