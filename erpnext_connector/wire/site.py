"""What a site can do, by version of Frappe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.address import SiteAddress
from erpnext_connector.wire.links import LinkMethod

__all__ = ["NEWEST", "OLDEST", "TABLE", "Capabilities", "SiteAddress", "bad_token_probe", "capabilities", "probes"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What differs between the lines of Frappe an app may meet; `line` is the major version.

    * `rest_v2`: /api/v2 is there.
    * `oauth_metadata`: /.well-known/oauth-authorization-server is there.
    * `link_method`: the method that validates a link.
    * `dict_aggregates`: an aggregate in a list's fields is a dict; before, it is text.
    * `hides_missing`: a document that does not exist is 403 for who may not read its DocType; before, it is 404.
    * `refuses_bad_tokens`: a bad token is 401; before, its bearer is Guest and meets 403.
    * `permits_in_count`: `frappe.client.get_count` respects User Permissions.
    * `needs_webhook_name`: a Webhook document is named by who makes it.
    * `checks_client`: the token endpoint authenticates the client, demands PKCE of public ones, and lets the old
      pair of tokens die when it is renewed.
    """

    line: int
    rest_v2: bool
    oauth_metadata: bool
    link_method: LinkMethod
    dict_aggregates: bool
    hides_missing: bool
    refuses_bad_tokens: bool
    permits_in_count: bool
    needs_webhook_name: bool
    checks_client: bool


# frappe-protocol 1.1, 1.5, 1.10, 2.4, 2.5, 3.1; measured for 14 to 16: frappe-quirks 3, 5, 7.
_V13: Final = Capabilities(
    line=13,
    rest_v2=False,
    oauth_metadata=False,
    link_method="validate_link",
    dict_aggregates=False,
    hides_missing=False,
    refuses_bad_tokens=False,
    permits_in_count=False,
    needs_webhook_name=False,
    checks_client=False,
)
_V14: Final = replace(_V13, line=14, refuses_bad_tokens=True)
_V15: Final = replace(_V14, line=15, rest_v2=True, needs_webhook_name=True)
_V16: Final = replace(
    _V15,
    line=16,
    oauth_metadata=True,
    link_method="validate_link_and_fetch",
    dict_aggregates=True,
    hides_missing=True,
    permits_in_count=True,
)
_V17: Final = replace(_V16, line=17, checks_client=True)

TABLE: Final[Mapping[int, Capabilities]] = MappingProxyType(
    {each.line: each for each in (_V13, _V14, _V15, _V16, _V17)}
)
"""By major version; 17 is the line that was hardened in 2026."""

OLDEST: Final = _V13
NEWEST: Final = _V17


def probes() -> Mapping[str, Call[bool]]:
    """Calls that need no sign-in and tell what a site has; collect the answers by name for `capabilities`."""
    oauth = "/api/method/frappe.integrations.oauth2."
    return {
        "rest_v2": _probe("/api/v2/method/ping", yes=200),
        "oauth_metadata": _probe("/.well-known/oauth-authorization-server", yes=200),
        # A guest meets 403 where the method exists and 417 where it does not (frappe-quirks 3, error body).
        "link_fetch": _probe("/api/method/frappe.client.validate_link_and_fetch", yes=403),
        "refuses_bad_tokens": bad_token_probe(),
        # Since 2026 the token endpoint takes POST alone; before, GET gets oauthlib's 400 (frappe-protocol 1.1).
        "checks_client": _probe(oauth + "get_token", yes=403),
    }


def bad_token_probe() -> Call[bool]:
    """Whether the site answers 401 to a bad token."""
    return _probe("/api/method/ping", yes=401, headers={"Authorization": "Bearer erpnext-connector-probe"})


def capabilities(answers: Mapping[str, bool]) -> Capabilities:
    """What the probes' answers mean; what was not probed follows from the line they point to."""
    known = TABLE[_line(answers)]
    return replace(
        known,
        rest_v2=answers.get("rest_v2", known.rest_v2),
        oauth_metadata=answers.get("oauth_metadata", known.oauth_metadata),
        refuses_bad_tokens=answers.get("refuses_bad_tokens", known.refuses_bad_tokens),
    )


def _line(answers: Mapping[str, bool]) -> int:
    """The highest line whose mark was seen; an administrator can switch metadata off, so it marks nothing."""
    marks = ((17, "checks_client"), (16, "link_fetch"), (15, "rest_v2"), (14, "refuses_bad_tokens"))
    return next((line for line, mark in marks if answers.get(mark)), OLDEST.line)


def _probe(path: str, *, yes: int, headers: Mapping[str, str] | None = None) -> Call[bool]:
    read = partial(_answers, status=yes)
    return Call("GET", path, read, headers=headers or {}, repeatable=True, authenticated=False)


def _answers(reply: Reply, *, status: int) -> bool:
    """Whether Frappe itself answered so; a proxy's page says nothing, a failing site is an error.

    With tracebacks off Frappe 14 says no more than {} to a bad token (frappe-quirks 1.6).
    """
    if reply.status >= 500 or reply.status == 429:
        raise replies.error_of(reply)
    return reply.status == status and reply.content.lstrip().startswith(b"{")
