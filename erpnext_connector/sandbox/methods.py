"""What the sandbox can be asked to do by name, as functions in Frappe are whitelisted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import EVERY

ANY_VERB: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"})
WRITE_VERBS: Final = frozenset({"POST", "PUT"})

Function: TypeAlias = Callable[[Site, Request, str], object]


@dataclass(frozen=True, slots=True)
class Method:
    """A function for clients: called with the site, the request and the user; a Response goes out as it is,
    anything else under `message`. `versions` are those of Frappe that have it; from `guest_since` on guests may too."""

    function: Function
    guest: bool = False
    verbs: frozenset[str] = ANY_VERB
    versions: frozenset[int] = EVERY
    guest_since: int | None = None

    def admits_guests(self, frappe: int) -> bool:
        """Whether nobody needs to be signed in to call it at this version."""
        return self.guest or (self.guest_since is not None and frappe >= self.guest_since)


Methods: TypeAlias = Mapping[str, Method]

__all__ = ["ANY_VERB", "WRITE_VERBS", "Function", "Method", "Methods", "Response"]
