"""Which documents link to a document, so that it can't go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.tables import KEY, quoted, table

UNCHECKED: Final = frozenset(
    {"Comment", "ToDo", "File", "DocShare", "Version", "Deleted Document", "User Permission", "Webhook Request Log"}
)


def check_links_to(site: Site, doctype: DocType, document: Document, *, cancelling: bool = False) -> None:
    """Raise FrappeError LinkExistsError where other documents (submitted ones, when cancelling) link here."""
    name = str(document["name"])
    for of, parent in _linking(site, doctype, name, cancelling=cancelling):
        if of == doctype.name and parent == name:
            continue
        here, there = _address(site, doctype.name, name), _address(site, of, parent)
        text = f"Cannot delete or cancel because {doctype.name} {here} is linked with {of} {there} "
        raise FrappeError("LinkExistsError", text)


def _linking(site: Site, doctype: DocType, name: str, *, cancelling: bool) -> Iterator[tuple[str, str]]:
    """The documents that link here."""
    for other, field in site.schema.links.get(doctype.name, []):
        if other.name in UNCHECKED or (cancelling and field.fieldname == "amended_from"):
            continue
        if other.issingle:
            if (site.read_single(other.name) or {}).get(field.fieldname) == name:
                yield other.name, other.name
            continue
        where = f"fold({quoted(field.fieldname)}) = ?" + (" AND docstatus = 1" if cancelling else "")
        for row in site.db.execute(f"SELECT * FROM {table(other)} WHERE {where} ORDER BY {KEY}", (fold(name),)):
            yield (row["parenttype"], row["parent"]) if other.istable else (other.name, row["name"])


def _address(site: Site, doctype: str, name: str) -> str:
    if site.frappe >= 16:
        return f'<a href="{site.base_url}/desk/{doctype.lower().replace(" ", "-")}/{quote(name)}">{name}</a>'
    return f'<a href="/app/Form/{doctype}/{name}">{name}</a>'
