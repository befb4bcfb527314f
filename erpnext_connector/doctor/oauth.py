"""Whether people can sign in at a site, and come back to the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from erpnext_connector.call import Call, Reply
from erpnext_connector.client import ApiKey, Client, SiteConnection
from erpnext_connector.clock import Clock
from erpnext_connector.doctor.frappe import ask, get, shown
from erpnext_connector.doctor.report import Finding, failed, ok, unknown, warning
from erpnext_connector.errors import (
    ClientRefused,
    CodeRefused,
    ConnectorError,
    Forbidden,
    NotFound,
    SiteAddressInvalid,
    SiteInsecure,
)
from erpnext_connector.oauth.discovery import discover
from erpnext_connector.oauth.grant import exchange_code
from erpnext_connector.oauth.replies import json_of
from erpnext_connector.oauth.tokens import OAuthClient
from erpnext_connector.secret import Secret
from erpnext_connector.wire.address import SiteAddress

NOBODY: Final = "erpnext-connector-doctor"
NOWHERE: Final = f"https://{NOBODY}.invalid/"
_LET_THROUGH: Final = (
    "Let whatever stands in front of the site (proxy, firewall, single sign-on) pass "
    "/api/method/frappe.integrations.oauth2.* and /login unchanged."
)
_COPY_ID: Final = "Copy App Client ID of the OAuth Client document in ERPNext into ERPNEXT_CLIENT_ID."
_KNOWN: Final = "the site knows the client id"
_OTHER_KEY: Final = "Set ERPNEXT_API_KEY and ERPNEXT_API_SECRET to those of a System Manager, or leave both out."
_ONE_BLANK: Final = "Several are separated by one blank, never by a new line."


def check_oauth(connection: SiteConnection) -> Finding:
    """Do the OAuth endpoints answer as Frappe's do, where the app will look for them?"""
    discovery = discover(connection.address.url)
    told = ask(connection, discovery)
    endpoints = discovery.read(told)
    authorize = _authorize(connection, endpoints.authorize)
    token = ask(connection, _ask_for_token(endpoints.token))
    leads, error = _leads_to_login(authorize, connection.address), _oauth_error(token)
    evidence = (
        f"authorize {'leads to the login page' if leads else f'answers {_where(authorize)}'}; "
        f"the token endpoint answers {f'{token.status} {error}' if error else shown(token)}"
    )
    if not (leads and error):
        return failed("oauth", evidence, _LET_THROUGH)
    return _judge_issuer(_issuer(told), connection.address, evidence)


def _authorize(connection: SiteConnection, path: str) -> Reply:
    # Without a redirect URI, Frappe 13 to 15 fail with 500 and fill their Error Log (frappe-quirks 1.4).
    params = {"client_id": NOBODY, "response_type": "code", "redirect_uri": NOWHERE, "scope": "openid"}
    return get(connection, path, params)


def _ask_for_token(path: str) -> Call[object]:
    """A request that no site can grant."""
    return Call("POST", path, json_of, form={"grant_type": NOBODY, "client_id": NOBODY}, authenticated=False)


def _leads_to_login(reply: Reply, address: SiteAddress) -> bool:
    """Whether a guest is sent to the site's own login page."""
    location = urlsplit(reply.headers.get("location", ""))
    is_here = location.hostname in (None, address.host)
    return 300 <= reply.status < 400 and is_here and location.path == "/login"


def _where(reply: Reply) -> str:
    location = urlsplit(reply.headers.get("location", ""))
    return f"{reply.status} to {location.netloc}{location.path}" if location.path else shown(reply)


def _oauth_error(reply: Reply) -> str:
    """RFC 6749's error, as every Frappe answers to what it can't grant; empty for anything else."""
    error = (json_of(reply) or {}).get("error") if reply.status in (400, 401) else None
    return error if isinstance(error, str) else ""


def _issuer(reply: Reply) -> str:
    """Who the OAuth metadata says it is, "" without any: before 16, Frappe answers a page, on 14 even with 200."""
    issuer = (json_of(reply) or {}).get("issuer") if reply.status == 200 else None
    return issuer if isinstance(issuer, str) else ""


def _judge_issuer(issuer: str, address: SiteAddress, evidence: str) -> Finding:
    if not issuer:
        return ok("oauth", f"{evidence}; no OAuth metadata, so their usual addresses are used")
    if issuer.rstrip("/") == address.url:
        return ok("oauth", f"{evidence}; its OAuth metadata says so, too")
    return warning(
        "oauth",
        f"{evidence}; but in its OAuth metadata the site calls itself {issuer}",
        "Let the proxy in front pass on Host and X-Forwarded-Proto as it got them, or use that address.",
    )


# --- the app


def check_redirect_uri(redirect_uri: str) -> Finding:
    """Can ERPNext send people back to this address?"""
    try:
        parts = urlsplit(redirect_uri)
        address = SiteAddress.parse(f"{parts.scheme}://{parts.netloc}")
    except SiteInsecure:
        return failed(
            "redirect",
            f"{redirect_uri} is plain http to another machine: the sign-in code could be read on the way",
            "Serve the app over https, and set CONNECTOR_URL to that address.",
        )
    except (SiteAddressInvalid, ValueError):
        return failed("redirect", f"{redirect_uri!r} is no address", "Write it like https://app.example.com.")
    if redirect_uri.split() != [redirect_uri] or parts.fragment or parts.query:
        return failed(
            "redirect",
            f"{redirect_uri!r} has a blank, a query or a fragment",
            "Write the app's address without them: Frappe takes a blank for the end of a redirect URI.",
        )
    note = "; it leads browsers to their own machine, so others can't use this app" if address.is_loopback else ""
    return ok("redirect", f"{redirect_uri} (Frappe compares every character){note}")


def check_client(connection: SiteConnection, client: OAuthClient, clock: Clock, key: ApiKey | None = None) -> Finding:
    """Does the site know the OAuth client, with its redirect URI (where one is given)?

    With the key of a System Manager the document itself is read. Without, the site is asked to redeem a code that
    nobody issued: a client that it knows gets another answer than one that it does not.
    """
    document: Mapping[str, Any] | ConnectorError | None = _document(connection, client, key) if key else None
    if isinstance(document, NotFound):
        return failed("client", f"there is no OAuth Client {client.client_id} on the site", _COPY_ID)
    if isinstance(document, Mapping):
        return judge_document(document, client.redirect_uri)
    finding = _redeem_nothing(connection, client, clock)
    if document is None or finding.remedy:
        return finding
    return unknown("client", f"{_KNOWN}, but its document can't be read: {document.message}", _OTHER_KEY)


def _document(connection: SiteConnection, client: OAuthClient, key: ApiKey) -> Mapping[str, Any] | ConnectorError:
    try:
        document: Mapping[str, Any] = Client(connection, key).get("OAuth Client", client.client_id)
    except (NotFound, Forbidden) as error:
        return error
    return document


def judge_document(document: Mapping[str, Any], redirect_uri: str) -> Finding:
    """Whether an OAuth Client document has the redirect URI; "" is in each."""
    registered = str(document.get("redirect_uris") or "")
    evidence = f"the OAuth Client {document.get('app_name') or document.get('name')}"
    if not redirect_uri:
        return ok("client", f"{evidence} is there, with {_listed(registered)}")
    if redirect_uri in registered.split(" "):
        return ok("client", f"{evidence} has the redirect URI {redirect_uri}")
    if redirect_uri in registered.split():
        return failed("client", f"{evidence} has its redirect URIs on lines of their own", _ONE_BLANK)
    return failed(
        "client",
        f"{evidence} has {_listed(registered)}, not {redirect_uri}",
        f"Add it to Redirect URIs of the OAuth Client, or correct --app-url and --prefix. {_ONE_BLANK}",
    )


def _listed(redirect_uris: str) -> str:
    return f"the redirect URI {', '.join(redirect_uris.split())}" if redirect_uris.split() else "no redirect URI"


def _redeem_nothing(connection: SiteConnection, client: OAuthClient, clock: Clock) -> Finding:
    asking = OAuthClient(client.client_id, client.client_secret, client.redirect_uri or NOWHERE)
    try:
        Client(connection).send(exchange_code(asking, Secret(NOBODY), Secret(NOBODY * 2), clock.now))
    except CodeRefused:
        return ok("client", f"{_KNOWN}; an API key, or the first sign-in, shows whether the redirect URI fits")
    except ClientRefused as error:
        return _refused(client, error)
    return unknown("client", "the site redeemed a code that nobody issued")


def _refused(client: OAuthClient, error: ClientRefused) -> Finding:
    if error.upstream_status in (403, 404):
        return failed("client", f"the site does not know the client id {client.client_id}", _COPY_ID)
    return failed(
        "client",
        f"the site refuses the client {client.client_id} ({error.upstream_status})",
        f"{_COPY_ID} If the client has a secret, set ERPNEXT_CLIENT_SECRET, too.",
    )
