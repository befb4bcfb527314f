"""Whether a site is Frappe, which line of it, and what time it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from erpnext_connector.call import Call, Reply
from erpnext_connector.client import ApiKey, Client, SiteConnection
from erpnext_connector.client.steps import Broke
from erpnext_connector.clock import Clock
from erpnext_connector.doctor.certificate import speaks_tls
from erpnext_connector.doctor.encryption import is_encrypted
from erpnext_connector.doctor.network import place
from erpnext_connector.doctor.report import Finding, failed, ok, unknown, warning
from erpnext_connector.errors import ConnectorError, Retryable, SiteUnavailable, SiteUnreachable
from erpnext_connector.wire.methods import versions
from erpnext_connector.wire.reply import body_of, error_of

PING: Final = "/api/method/ping"
SKEW_WARNING_SECONDS: Final = 30.0
_OLDEST_MAINTAINED: Final = 15
_TITLE: Final = re.compile(rb"<title[^>]*>\s*([^<]{1,80}?)\s*</title>", re.IGNORECASE)
_HTTP_TO_HTTPS_PORT: Final = b"plain HTTP request was sent to HTTPS port"
_OTHER_SITE: Final = (
    "Use the address at which ERPNext's own login page opens. With several sites on one bench, the host name chooses "
    "the site: an IP address or localhost may reach another one, or none."
)
# What each line is told by (erpnext_connector.wire.site), and what people call it.
_LINES: Final[Mapping[int, tuple[str, str]]] = {
    17: ("Frappe 16 or newer, with the stricter sign-in of 2026", "its token endpoint takes POST alone"),
    16: ("Frappe 16", "it has frappe.client.validate_link_and_fetch"),
    15: ("Frappe 15", "it has the REST API v2, and not yet what came with 16"),
    14: ("Frappe 14", "it refuses bad tokens, and has no REST API v2"),
    13: ("Frappe 13 or older", "it takes a bad token for a guest"),
}


def ask(connection: SiteConnection, call: Call[object]) -> Reply:
    """The site's reply as it came, whatever its status; raises `Retryable` when there is none. Asks once."""
    outcome = connection.exchange(call, None)
    if isinstance(outcome, Broke):
        kind = SiteUnavailable if outcome.timed_out else SiteUnreachable
        raise kind(f"no answer to {call.method} {call.path} ({outcome.reason})")
    return outcome


def get(connection: SiteConnection, path: str, params: Mapping[str, str] | None = None) -> Reply:
    """The same for a page, or for what a method of Frappe answers to a guest."""
    return ask(connection, Call("GET", path, body_of, params=params or {}, authenticated=False))


def is_silence(error: ConnectorError) -> bool:
    """Whether there was no answer at all, so that asking on makes no sense."""
    return isinstance(error, Retryable) and error.upstream_status is None


def shown(reply: Reply) -> str:
    """A reply in a few words: status, and what kind of thing it is."""
    title = _TITLE.search(reply.content[:20_000])
    kind = reply.headers.get("content-type", "").partition(";")[0] or "no content type"
    return f"{reply.status} ({title[1].decode(errors='replace')!r})" if title else f"{reply.status} ({kind})"


# --- is it Frappe


def check_is_frappe(connection: SiteConnection) -> Finding:
    """Does Frappe answer there?"""
    try:
        reply = get(connection, PING)
    except SiteUnavailable as error:
        return failed("frappe", error.message, "The site takes connections but hangs: look at its web workers' logs.")
    except Retryable as error:
        return _https_spoken_http(connection) or failed("frappe", error.message, error.hint)
    if body_of(reply) == {"message": "pong"}:
        return ok("frappe", f"{PING} answers pong")
    if _HTTP_TO_HTTPS_PORT in reply.content:
        return _https_spoken_http(connection) or _not_frappe(reply)
    return _not_frappe(reply)


def _not_frappe(reply: Reply) -> Finding:
    location = urlsplit(reply.headers.get("location", ""))
    if 300 <= reply.status < 400:
        return failed("frappe", f"{PING} redirects to {location.netloc}{location.path}", _follow(location.netloc))
    if reply.status >= 500 or reply.status == 429:
        error = error_of(reply)
        return failed("frappe", f"{PING} answers {shown(reply)}: {error.message}", error.hint)
    return failed("frappe", f"{PING} answers {shown(reply)}, not pong", _OTHER_SITE)


def _follow(host: str) -> str:
    where = f"Use the address it redirects to, with https://, if {host} is the site" if host else "Look where it leads"
    return (
        f"{where}. If it is a sign-in page of something in front of the site, let paths below /api/ and "
        "/.well-known/ pass."
    )


def _https_spoken_http(connection: SiteConnection) -> Finding | None:
    """The finding for a port that speaks TLS, if that is why plain http fails."""
    address = connection.address
    if is_encrypted(address) or not speaks_tls(address):
        return None
    return failed("frappe", f"{place(address)} speaks https, not plain http", f"Write https://{place(address)}.")


# --- which version


def check_version(connection: SiteConnection, key: ApiKey | None = None) -> Finding:
    """Which line of Frappe is it? Only with an API key does a site tell its version; else it is told by what it has."""
    installed = _installed(connection, key) if key else ""
    try:
        line = Client(connection).capabilities().line
    except ConnectorError as error:
        if is_silence(error):
            raise
        return unknown("version", installed or f"the site does not show what it can do: {error.message}", error.hint)
    name, mark = _LINES[line]
    evidence = installed or f"{name}: {mark}"
    if line < _OLDEST_MAINTAINED:
        remedy = f"It works, but versions before {_OLDEST_MAINTAINED} get no fixes any more: plan the upgrade."
        return warning("version", evidence, remedy)
    return ok("version", evidence)


def _installed(connection: SiteConnection, key: ApiKey) -> str:
    """Apps and versions, as "frappe 15.55.1, erpnext 15.52.0"; nothing where the key may not see them."""
    try:
        told = Client(connection, key).send(versions())
    except ConnectorError as error:
        if is_silence(error):
            raise
        return ""
    return ", ".join(f"{app} {version}" for app, version in told.items())


# --- what time


def check_clock(connection: SiteConnection, clock: Clock) -> Finding:
    """Do the site's clock and ours agree?"""
    before = clock.now()
    reply = get(connection, PING)
    told = _epoch_seconds(reply.headers.get("date", ""))
    if told is None:
        return unknown("clock", "the site sends no Date header")
    return judge_skew(told + 0.5 - (before + clock.now()) / 2)  # the header has no fractions


def judge_skew(seconds: float) -> Finding:
    """What a difference means; positive when the site is ahead."""
    if abs(seconds) < 2:
        return ok("clock", "the site's clock and this machine's agree within 2 s")
    evidence = f"the site's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    if abs(seconds) <= SKEW_WARNING_SECONDS:
        return ok("clock", evidence)
    remedy = (
        "Let both machines set their clocks by NTP (timedatectl set-ntp true): tokens seem to expire too early or too "
        "late, and what changed last can't be told."
    )
    return warning("clock", evidence, remedy)


def _epoch_seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
