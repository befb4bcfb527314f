"""A delivery as somebody typed it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from starlette.datastructures import FormData

from examples.dispatch.deliveries import Row

Problems = dict[str, str]  # by field: "customer", "day", "item-0", "quantity-0"


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

    def problems(self) -> Problems:
        """What can be said without asking ERPNext."""
        found: Problems = {}
        if not self.customer:
            found["customer"] = "Pick the customer."
        if day_of(self.day) is None:
            found["day"] = "Say on which day."
        for number, row in enumerate(self.rows):
            if not row.item:
                found[f"item-{number}"] = "Pick an item."
            if quantity_of(row.quantity) is None:
                found[f"quantity-{number}"] = "Above 0."
        return found

    def links(self) -> list[tuple[str, str, str]]:
        """Each saved reference to ERPNext: the field, the DocType, the name."""
        items = [(f"item-{number}", "Item", row.item) for number, row in enumerate(self.rows)]
        return [("customer", "Customer", self.customer), *items]

    def checked(self) -> tuple[date, list[Row]]:
        """The values of a draft that has no problems."""
        day, quantities = day_of(self.day), [quantity_of(row.quantity) for row in self.rows]
        assert day is not None
        return day, [Row(row.item, quantity or Decimal(0)) for row, quantity in zip(self.rows, quantities, strict=True)]


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
