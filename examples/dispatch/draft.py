"""A delivery as somebody typed it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from starlette.datastructures import FormData

from examples.dispatch.deliveries import Row

Problems = dict[str, str]  # by field: "customer", "day", "item-0", "quantity-0"
Names = Mapping[str, str | None]  # by field, as ERPNext spells them; None for what the person may not link to


@dataclass(frozen=True, slots=True)
class TypedRow:
    item: str = ""
    quantity: str = "1"


@dataclass(frozen=True, slots=True)
class Draft:
    customer: str = ""
    day: str = ""
    rows: tuple[TypedRow, ...] = (TypedRow(),)

    @classmethod
    def read(cls, form: FormData) -> Draft:
        """Rows without an item are left out, as long as one row stays."""
        typed = zip(form.getlist("item"), form.getlist("quantity"), strict=False)
        rows = tuple(TypedRow(str(item), str(quantity)) for item, quantity in typed if item)
        return cls(str(form.get("customer", "")), str(form.get("day", "")), rows or (TypedRow(),))

    def links(self) -> list[tuple[str, str, str]]:
        """Each saved reference to ERPNext: the field, the DocType, the name."""
        items = [(f"item-{number}", "Item", row.item) for number, row in enumerate(self.rows)]
        return [("customer", "Customer", self.customer), *items]

    def problems(self, names: Names = MappingProxyType({})) -> Problems:
        """What is wrong as it stands, and with what ERPNext said about the links' names."""
        found = {
            field: f"ERPNext has no {doctype} “{name}” that you may see."
            for field, doctype, name in self.links()
            if names.get(field, name) is None
        }
        found |= {field: f"Pick the {doctype.lower()}." for field, doctype, name in self.links() if not name}
        if day_of(self.day) is None:
            found["day"] = "Say on which day."
        for number, row in enumerate(self.rows):
            if quantity_of(row.quantity) is None:
                found[f"quantity-{number}"] = "Above 0."
        return found

    def checked(self, names: Names) -> tuple[str, date, list[Row]]:
        """Customer, day and rows of a draft without problems, under the names that ERPNext gave."""
        customer, day = names["customer"], day_of(self.day)
        assert customer is not None
        assert day is not None
        return customer, day, [self._row(number, names) for number in range(len(self.rows))]

    def _row(self, number: int, names: Names) -> Row:
        item, quantity = names[f"item-{number}"], quantity_of(self.rows[number].quantity)
        assert item is not None
        assert quantity is not None
        return Row(item, quantity)


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def quantity_of(text: str) -> Decimal | None:
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        return None
    return quantity if quantity.is_finite() and 0 < quantity < 1_000_000 else None
