"""What new documents are called."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.site import Document, Site

AMENDMENT: Final = re.compile(r"^(?P<stem>.*)-(?P<number>\d+)$", re.DOTALL)


def set_name(site: Site, doctype: DocType, document: Document) -> None:
    """Give the document its name by the DocType's rule; FrappeError where the rule can't be followed."""
    autoname = doctype.autoname or ""
    rule = autoname.lower()
    given = document.get("name")
    if rule == "prompt":
        document["name"] = checked(doctype, _prompted(given or document.get("__newname")))
        return
    if doctype.issingle:
        document["name"] = doctype.name
        return
    document["name"] = checked(doctype, _amended(site, document) or _by_rule(site, doctype, document))


def _prompted(given: object) -> str:
    if not given:
        raise FrappeError("ValidationError", "Please set the document name")
    return str(given)


def _amended(site: Site, document: Document) -> str | None:
    """ "X" becomes "X-1", "X-1" becomes "X-2"."""
    original = document.get("amended_from")
    if not original:
        return None
    before = site.stored.find(document["doctype"], str(original))
    found = AMENDMENT.match(str(original)) if before and before.get("amended_from") else None
    return f"{found['stem']}-{int(found['number']) + 1}" if found else f"{original}-1"


def _by_rule(site: Site, doctype: DocType, document: Document) -> str:
    autoname = doctype.autoname or ""
    rule = autoname.lower()
    special = _by_code(doctype, document)
    if special:
        return special
    if doctype.naming_field:
        value = str(document.get(doctype.naming_field) or "").strip()
        if not value:
            raise FrappeError("ValidationError", f"{doctype.label(doctype.naming_field)} is required")
        return value
    if rule.startswith("naming_series:"):
        return _by_series(site, doctype, document)
    if rule.startswith("format:"):
        return _by_format(site, autoname[7:], document)
    if "#" in autoname:
        return expand(site, autoname, document)
    return site.random_name()


def _by_code(doctype: DocType, document: Document) -> str | None:
    """The DocTypes that name their documents in code."""
    if doctype.name == "User":
        document["email"] = str(document.get("email") or "").strip().lower()
        if not document["email"]:
            raise FrappeError("ValidationError", "Email is required")
        return str(document["email"])
    if doctype.name == "Custom Field":
        label = str(document.get("label") or "")
        document["fieldname"] = document.get("fieldname") or re.sub(r"\W+", "_", label.strip().lower())
        return f"{document.get('dt')}-{document['fieldname']}"
    if doctype.name == "Property Setter":
        return "-".join(str(document[key]) for key in ("doc_type", "field_name", "property") if document.get(key))
    return None


def _by_series(site: Site, doctype: DocType, document: Document) -> str:
    series = document.get("naming_series")
    if not series:
        field = doctype.by_name.get("naming_series")
        options = (field.options or "").split("\n") if field else []
        series = next((option for option in options if option), None)
        document["naming_series"] = series
    if not series:
        raise FrappeError("ValidationError", "Naming Series mandatory")
    return expand(site, f"{series}.#####", document)


def _by_format(site: Site, pattern: str, document: Document) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: expand(site, found[1], document, key=pattern), pattern)


def expand(site: Site, pattern: str, document: Document, key: str | None = None) -> str:
    """A series such as "INV-.YYYY.-.####" with its next number; only the first run of # counts."""
    moment, name, numbered = datetime.fromisoformat(site.now()), "", False
    dates = {"YY": "%y", "YYYY": "%Y", "MM": "%m", "DD": "%d", "WW": "%V"}
    for part in pattern.split("."):
        if part.startswith("#"):
            if not numbered:
                name += next_number(site, key or name, len(part))
            numbered = True
        elif part in dates:
            name += moment.strftime(dates[part])
        elif part and (part.startswith("{") or part in document):
            name += str(document.get(part.strip("{}")) or "").strip()
        else:
            name += part
    return name


def next_number(site: Site, prefix: str, digits: int) -> str:
    """The next number of a series, padded with zeros."""
    sql = """INSERT INTO series VALUES (?, 1) ON CONFLICT DO UPDATE SET current = current + 1 RETURNING current"""
    row = site.db.execute(sql, (prefix,)).fetchone()
    return f"{row[0]:0{digits}d}"


def give_back(site: Site, doctype: DocType, document: Document) -> None:
    """Let the next document have the number of a deleted one, if that was the last."""
    autoname = doctype.autoname or ""
    series = document.get("naming_series") if autoname.startswith("naming_series:") else autoname
    if not series or (not autoname.startswith("naming_series:") and "#" not in autoname):
        return
    name = str(document["name"])
    prefix = name.rstrip("0123456789")
    digits = name[len(prefix) :]
    if digits:
        sql = "UPDATE series SET current = current - 1 WHERE prefix = ? AND current = ?"
        site.db.execute(sql, (prefix, int(digits)))


def checked(doctype: DocType, name: object) -> str:
    """The name without spaces around it; FrappeError NameError for one that can't be."""
    found = str(name).strip()
    if not found:
        raise FrappeError("ValidationError", f"No Name Specified for {doctype.name}")
    if found.startswith(f"New {doctype.name}"):
        text = "There were some errors setting the name, please contact the administrator"
        raise FrappeError("NameError", text)
    if "<" in found or ">" in found:
        raise FrappeError("NameError", "Name cannot contain special characters like '<', '>'")
    if doctype.name == found and not doctype.issingle and doctype.name != "DocType":
        raise FrappeError("NameError", f"Name of {bold(doctype.name)} cannot be {bold(found)}")
    return found
