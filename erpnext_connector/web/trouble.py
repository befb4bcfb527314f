"""How an error is told: to people as a page with a way on, to programs as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

from erpnext_connector import errors
from erpnext_connector.errors import ConnectorError
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse, json_response
from erpnext_connector.web.pages import page


@dataclass(frozen=True, slots=True)
class Action:
    """A way on from a page: a button where it is the likely one, else a link."""

    label: str
    href: str
    is_likely: bool = False


# The first class that fits gives the page its heading.
_HEADINGS: Final = (
    (errors.NotSignedIn, "You are not signed in"),
    (errors.CredentialsRefused, "Please sign in again"),
    (errors.GrantLost, "Your access has ended"),
    (errors.SignInRequired, "Please sign in"),
    (errors.ConsentRefused, "Nothing was shared"),
    (errors.AccountRefused, "This account can’t sign in here"),
    (errors.RequestForged, "Please try that again"),
    (errors.Forbidden, "You may not do that"),
    (errors.SignInFailed, "Signing in did not work"),
    (errors.NotFound, "Not found"),
    (errors.StoreUnavailable, "This app can’t answer right now"),
    (errors.Retryable, "ERPNext can’t answer right now"),
    (errors.OutcomeUnknown, "Please look before you do that again"),
    (errors.Conflict, "Somebody else was there first"),
    (errors.Misconfigured, "This app is not set up correctly"),
)
_OTHERWISE: Final = "That did not work"
_SIGN_IN: Final = (errors.SignInRequired, errors.SignInFailed, errors.ConsentRefused, errors.AccountRefused)


def tell(
    door: Door, request: WebRequest, error: ConnectorError, *, actions: tuple[Action, ...] | None = None
) -> WebResponse:
    """The answer to a request that ended in `error`; `actions` replace the buttons that the error would get."""
    response = _page(door, request, error, actions) if request.wants_page else _json(door, request, error)
    wait = getattr(error, "retry_after_seconds", None)
    return response.with_headers(("Retry-After", str(math.ceil(wait)))) if wait else response


def _json(door: Door, request: WebRequest, error: ConnectorError) -> WebResponse:
    body: dict[str, Any] = {"error": error.as_dict()}
    if isinstance(error, errors.SignInRequired):
        body["sign_in_url"] = door.sign_in_path(request)
    return json_response(body, error.http_status)


def _page(door: Door, request: WebRequest, error: ConnectorError, actions: tuple[Action, ...] | None) -> WebResponse:
    return page(
        door,
        request,
        "notice.html",
        status=error.http_status,
        heading=next((heading for kind, heading in _HEADINGS if isinstance(error, kind)), _OTHERWISE),
        sentences=_sentences(error),
        code=error.code,
        actions=_ways_on(door, request, error) if actions is None else actions,
    )


def _sentences(error: ConnectorError) -> list[str]:
    """A person's fresh token that ERPNext refuses is no API key, so the hint about those is not for people."""
    hint = errors.SignInRequired.hint if isinstance(error, errors.CredentialsRefused) else error.hint
    return [error.message, hint]


def _ways_on(door: Door, request: WebRequest, error: ConnectorError) -> tuple[Action, ...]:
    home = Action("Go to the start page", door.home(request))
    if isinstance(error, _SIGN_IN):
        return Action("Sign in", door.sign_in_path(request), is_likely=True), home
    if isinstance(error, errors.Retryable | errors.StaleDocument) and request.method == "GET":
        return Action("Try again", request.target, is_likely=True), home
    return (replace(home, is_likely=True),)
