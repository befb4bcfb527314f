"""Documents that the tests make on the site, all of which go again."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from erpnext_connector import Client, ConnectorError, NotFound
from erpnext_connector.wire.meta import DocTypeMeta

Document = dict[str, Any]


class Made:
    """Makes documents and deletes them with `clear`, the newest first; `tag` is in all their names."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tag = f"Connector test {secrets.token_hex(3)}"
        self._names: list[tuple[str, str]] = []
        self._metas: dict[str, DocTypeMeta] = {}

    def note(self, document: Document) -> Document:
        """To be deleted in the end."""
        self._names.append((document["doctype"], document["name"]))
        return document

    def insert(self, doctype: str, values: Document) -> Document:
        return self.note(self.client.insert(doctype, {**self._mandatory_links(doctype, values), **values}))

    def item(self, title: str) -> Document:
        return self.insert("Item", self.item_values(title))

    def item_values(self, title: str) -> Document:
        code = f"{self.tag} / {title} 50% #1"
        return {"item_code": code, "item_name": f"{self.tag}: {title}", "stock_uom": "Nos", "is_stock_item": 0}

    def customer(self, title: str) -> Document:
        return self.insert("Customer", {"customer_name": f"{self.tag}: {title} & Söhne", "customer_type": "Company"})

    def to_do_values(self, text: str) -> Document:
        """Allocated to whoever makes it, or nobody might delete it."""
        return {"description": f"{self.tag}: {text}", "allocated_to": self.client.logged_user()}

    def to_do(self, text: str) -> Document:
        return self.insert("ToDo", self.to_do_values(text))

    def order_doctype(self) -> str | None:
        """A DocType that can be submitted without anything happening in the books; None where there is none."""
        apps = self.client.versions()
        if "erpnext" in apps:
            return "Quotation"
        return "Sales Invoice" if self.client.exists("DocType", "Sales Invoice") else None

    def order(self, customer: Document, items: list[Document]) -> Document:
        """A draft of that DocType with a row for each item."""
        doctype = self.order_doctype()
        rows = [{"item_code": item["name"], "qty": 2, "rate": 3} for item in items]
        if doctype == "Quotation":
            party = {"quotation_to": "Customer", "party_name": customer["name"]}
        else:
            party = {"customer": customer["name"], "posting_date": date.today().isoformat()}
        return self.insert(str(doctype), {**party, "company": self._first("Company"), "items": rows})

    def clear(self) -> None:
        """Delete all, whatever fails; then fail with what is left."""
        left = [
            f"{doctype} {name}: {trouble}"
            for doctype, name in self._names[::-1]
            if (trouble := self._gone(doctype, name))
        ]
        self._names.clear()
        assert not left, f"delete these by hand: {left}"

    def _gone(self, doctype: str, name: str) -> str:
        try:
            self._delete(doctype, name)
        except NotFound:
            return ""
        except ConnectorError as error:
            return str(error)
        return ""

    def _delete(self, doctype: str, name: str) -> None:
        document = self.client.get(doctype, name)
        if doctype == "Webhook":  # some versions go on sending to one that was deleted while it was enabled
            self.client.set_value(doctype, name, {"enabled": 0})
        if document.get("docstatus") == 1:
            self.client.cancel(doctype, name)
        self.client.delete(doctype, name)

    def _mandatory_links(self, doctype: str, values: Document) -> Document:
        """For each mandatory link that is not among the values some document, such as the first Item Group."""
        if doctype not in ("Item", "Customer"):
            return {}
        links = [field for field in self._meta(doctype).fields if field.is_mandatory and field.fieldtype == "Link"]
        return {link.fieldname: self._first(link.options) for link in links if link.fieldname not in values}

    def _first(self, doctype: str) -> str:
        is_tree = any(field.fieldname == "is_group" for field in self._meta(doctype).fields)
        row = self.client.list(doctype, filters={"is_group": 0} if is_tree else None).first()
        assert row is not None, f"the site has no {doctype}"
        return str(row["name"])

    def _meta(self, doctype: str) -> DocTypeMeta:
        if doctype not in self._metas:
            self._metas[doctype] = self.client.meta(doctype)
        return self._metas[doctype]
