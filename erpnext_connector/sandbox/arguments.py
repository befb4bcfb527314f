"""Arguments of a method, read the way Frappe calls Python functions with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a request gives to the function called `function`."""

    function: str
    given: Mapping[str, Any]

    @classmethod
    def of(cls, request: Request, function: str) -> Arguments:
        """The arguments of a request."""
        return cls(function, request.arguments)

    def need(self, *names: str) -> list[Any]:
        """The values of arguments without default; a missing one is a TypeError (500), as in Python."""
        missing = [name for name in names if name not in self.given]
        if missing:
            plural = "s" if len(missing) > 1 else ""
            quoted = [f"'{name}'" for name in missing]
            listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
            if len(quoted) > 2:
                listed = f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
            text = f"{self.function}() missing {len(missing)} required positional argument{plural}: {listed}"
            raise FrappeError("TypeError", text)
        return [self.given[name] for name in names]

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an argument that may be missing."""
        return self.given.get(name, default)
