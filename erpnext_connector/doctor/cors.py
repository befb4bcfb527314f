"""Which websites may call a site from a browser."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from erpnext_connector.call import Call
from erpnext_connector.client import SiteConnection
from erpnext_connector.doctor.frappe import PING, ask
from erpnext_connector.doctor.report import Finding, ok, warning
from erpnext_connector.wire.reply import body_of

STRANGER: Final = "https://erpnext-connector-doctor.invalid"


def check_cors(connection: SiteConnection, app_url: str = "") -> Finding:
    """May other websites call the site from a browser, and may the app's own pages? The connector never needs it."""
    allowed = _allowed(connection, STRANGER)
    if allowed in ("*", STRANGER):
        return warning(
            "cors",
            f"any website may call this site from a browser (Access-Control-Allow-Origin: {allowed})",
            'Name in "allow_cors" of the site\'s configuration the few origins that need it, or remove it: '
            "this connector's pages ask the app, never ERPNext.",
        )
    needless = "which is fine: pages ask the app, and the app asks ERPNext"
    if not app_url:
        return ok("cors", f"websites that it does not know may not call it from a browser, {needless}")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(app_url))
    if _allowed(connection, origin) == origin:
        return ok("cors", f"pages of {origin} may call the site from a browser; the connector does not need it")
    return ok("cors", f"pages of {origin} may not call the site from a browser, {needless}")


def _allowed(connection: SiteConnection, origin: str) -> str:
    """The origin that a browser at `origin` would be told is allowed; "" for none."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    reply = ask(connection, Call("OPTIONS", PING, body_of, headers=headers, authenticated=False))
    return reply.headers.get("access-control-allow-origin", "")
