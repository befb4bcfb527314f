"""Documents as they are stored; whose they are and who may read them does not matter here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.conversion import convert
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.tables import KEY, quoted, table

Document = dict[str, Any]


class Stored:
    """The documents of a site, read."""

    def __init__(
        self,
        db: sqlite3.Connection,
        doctype: Callable[[object], DocType],
        read_single: Callable[[str], Document | None],
    ) -> None:
        self._db = db
        self._doctype = doctype
        self._read_single = read_single

    def find(self, doctype_name: str, name: str) -> Document | None:
        """The document with its rows, None where there is none."""
        doctype = self._doctype(doctype_name)
        if doctype.issingle:
            return self._single(doctype)
        row = self._db.execute(f"SELECT * FROM {table(doctype)} WHERE {KEY} = ?", (fold(name),)).fetchone()
        return self._document(doctype, row) if row else None

    def load(self, doctype_name: object, name: object) -> Document:
        """The document with its rows; FrappeError DoesNotExistError where there is none. Nobody's rights matter."""
        doctype = self._doctype(doctype_name)
        found = self.find(doctype.name, str(name))
        if found is None:
            raise FrappeError("DoesNotExistError", f"{doctype.name} {name} not found", doctype=doctype.name)
        return found

    def real_name(self, doctype_name: str, name: str) -> str | None:
        """The name as it is spelled, None where there is no such document."""
        found = self.value(doctype_name, name, "name")
        return None if found is None else str(found)

    def value(self, doctype_name: str, name: str, fieldname: str) -> Any:
        """One column of a document, None where there is no document."""
        doctype = self._doctype(doctype_name)
        if doctype.issingle:
            return doctype.name if fieldname == "name" else (self._single(doctype)).get(fieldname)
        sql = f"SELECT {quoted(fieldname)} FROM {table(doctype)} WHERE {KEY} = ?"
        row = self._db.execute(sql, (fold(name),)).fetchone()
        return row[0] if row else None

    def _single(self, doctype: DocType) -> Document:
        kept = self._read_single(doctype.name) or {}
        document = {name: kept.get(name) for name in doctype.columns} | {"name": doctype.name, "doctype": doctype.name}
        convert(doctype, document)
        return document | {field.fieldname: kept.get(field.fieldname) or [] for field in doctype.table_fields}

    def _document(self, doctype: DocType, row: sqlite3.Row) -> Document:
        document: Document = {name: row[name] for name in doctype.columns}
        document["doctype"] = doctype.name
        for field in doctype.table_fields:
            document[field.fieldname] = self._rows(doctype, field.fieldname, str(field.options), document["name"])
        return document

    def _rows(self, doctype: DocType, fieldname: str, child_name: str, parent: str) -> list[Document]:
        child = self._doctype(child_name)
        sql = f"SELECT * FROM {table(child)} WHERE parent = ? AND parenttype = ? AND parentfield = ? ORDER BY idx"
        found = self._db.execute(sql, (parent, doctype.name, fieldname)).fetchall()
        return [{name: row[name] for name in child.columns} | {"doctype": child.name} for row in found]
