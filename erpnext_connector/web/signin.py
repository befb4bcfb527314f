"""Signing in with the ERPNext account: to the consent page and back."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from erpnext_connector.client import Bearer
from erpnext_connector.connector import MAIN_SITE
from erpnext_connector.errors import ConnectorError, Forbidden, OutcomeUnknown, SiteUnavailable
from erpnext_connector.oauth.grant import AuthorizationRequest, exchange_code, read_callback, revoke
from erpnext_connector.oauth.identity import Profile, check_id_token, userinfo
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.settings import missing
from erpnext_connector.store.pending import PendingSignIn
from erpnext_connector.store.sessions import Session
from erpnext_connector.web.door import Door, is_on_this_machine
from erpnext_connector.web.message import WebRequest, WebResponse, redirect
from erpnext_connector.web.pages import page
from erpnext_connector.web.trouble import Action, tell
from erpnext_connector.wire.methods import ping

_PING_SECONDS: Final = 5.0
_HERE: Final = "here"
_log = logging.getLogger(__name__)


def login(door: Door, request: WebRequest) -> WebResponse:
    """Send the browser to the site's consent page.

    Whatever goes wrong there stays there (frappe-quirks 1.4), so the site is asked first whether it is up.
    """
    moved = _to_public_address(door, request)
    if moved:
        return moved
    site_id = request.query.get("site") or _only_site(door)
    if site_id is None:
        return _choice(door, request)
    running = door.connector.running
    client = running.reach.oauth_client(site_id, door.redirect_uri(request))
    # Not repeatable: a person waits, and can click again sooner than a hanging site answers.
    door.connector.as_nobody(site_id).send(replace(ping(), timeout_seconds=_PING_SECONDS, repeatable=False))
    begun = AuthorizationRequest.begin(
        client,
        running.reach.site(site_id).address,
        random=door.connector.random,
        endpoints=running.reach.endpoints(site_id),
    )
    secure = door.is_secure(request)
    browser = running.pending.begin(
        site_id,
        door.next_path(request, request.query.get("next")),
        state=begun.state,
        verifier=begun.verifier,
        nonce=begun.nonce,
        browser_token=door.cookies.browser(request, running.ring, secure=secure),
    )
    return redirect(begun.url).with_headers(door.cookies.with_browser(browser, running.ring, secure=secure))


def callback(door: Door, request: WebRequest) -> WebResponse:
    """Take the person back: with a code they are signed in, without one they are told why and how to go on."""
    running, secure = door.connector.running, door.is_secure(request)
    browser = door.cookies.browser(request, running.ring, secure=secure)
    try:
        code = read_callback(request.query)
    except ConnectorError as error:
        return _told(door, request, error, running.pending.abandon(browser))
    try:
        pending = running.pending.take(request.query.get("state", ""), browser)
    except ConnectorError as error:
        return _told(door, request, error)
    try:
        session = _finish(door, request, pending, code)
    except ConnectorError as error:
        return _told(door, request, error, pending.next_path, pending.site_id)
    signed_in = door.cookies.with_session(session.id, running.ring, secure=secure)
    return redirect(door.next_path(request, pending.next_path)).with_headers(signed_in)


def _finish(door: Door, request: WebRequest, pending: PendingSignIn, code: Secret) -> Session:
    """The new session; the one this browser had before ends."""
    running = door.connector.running
    client = running.reach.oauth_client(pending.site_id, door.redirect_uri(request))
    tokens = _exchanged(door, client, pending, code)
    try:
        profile = _identified(door, client, pending, tokens)
    except ConnectorError:
        _give_back(door, pending.site_id, tokens)
        raise
    running.vault.keep(pending.site_id, profile, tokens)
    try:
        door.connector.meet(profile, pending.site_id)
    except Forbidden:
        running.vault.forget(pending.site_id, profile.user)
        _give_back(door, pending.site_id, tokens)
        raise
    before = door.session_token(request)
    if before:
        running.sessions.end(before)
    return running.sessions.start(pending.site_id, profile.user)


def _exchanged(door: Door, client: OAuthClient, pending: PendingSignIn, code: Secret) -> TokenSet:
    endpoints = door.connector.running.reach.endpoints(pending.site_id)
    call = exchange_code(client, code, pending.verifier, door.connector.clock.now, endpoints=endpoints)
    try:
        return door.connector.as_nobody(pending.site_id).send(call)
    except OutcomeUnknown as error:  # whether the code is used up does not matter: a new sign-in brings a new one
        raise SiteUnavailable(
            "ERPNext broke off while you were signing in.",
            hint="Start again with Sign in.",
            upstream_status=error.upstream_status,
        ) from error


def _identified(door: Door, client: OAuthClient, pending: PendingSignIn, tokens: TokenSet) -> Profile:
    """Who the tokens belong to: what the site says to the fresh token, with the id_token as a second lock."""
    endpoints = door.connector.running.reach.endpoints(pending.site_id)
    site = door.connector.as_anybody(pending.site_id, Bearer(tokens.access))
    profile = site.send(userinfo(endpoints=endpoints))
    now = door.connector.clock.now()
    check_id_token(tokens.id_token, client, nonce=pending.nonce, now=now, sub=profile.sub)
    return profile


def _give_back(door: Door, site_id: str, tokens: TokenSet) -> None:
    """Tokens nobody will use should not lie about upstream; if that fails, only the site holds them."""
    try:
        running = door.connector.running
        call = revoke(running.reach.oauth_client(site_id), tokens.access, endpoints=running.reach.endpoints(site_id))
        door.connector.as_nobody(site_id).send(call)
    except ConnectorError as error:
        _log.warning("The tokens of an unfinished sign-in could not be revoked: %s.", error.code)


def _told(
    door: Door, request: WebRequest, error: ConnectorError, next_path: str | None = None, site_id: str = MAIN_SITE
) -> WebResponse:
    """A sign-in that failed can always be started again."""
    _log.info("A sign-in ended with %s.", error.code)
    home = door.home(request)
    again = door.sign_in_path(request, next_path or home, site_id)
    return tell(
        door, request, error, actions=(Action("Sign in", again, is_likely=True), Action("Go to the start page", home))
    )


def _only_site(door: Door) -> str | None:
    """The site to sign in at when none is named; None when there are several to choose from."""
    running = door.connector.running
    known = [site.id for site in running.sites.all()]
    if not known:
        raise missing("ERPNEXT_URL")
    return MAIN_SITE if MAIN_SITE in known else known[0] if len(known) == 1 else None


def _choice(door: Door, request: WebRequest) -> WebResponse:
    wanted = request.query.get("next")
    sites = door.connector.running.sites.all()
    actions = [
        Action(
            urlsplit(site.address).netloc,
            door.sign_in_path(request, door.next_path(request, wanted), site.id),
            is_likely=True,
        )
        for site in sites
    ]
    sentences = ["Choose the ERPNext site that you have an account on."]
    return page(door, request, "notice.html", heading="Sign in", sentences=sentences, code=None, actions=actions)


def _to_public_address(door: Door, request: WebRequest) -> WebResponse | None:
    """`localhost` and `127.0.0.1` are two hosts to a browser: go to the one that ERPNext sends people back to.

    Once only: behind a proxy the two names may differ for good.
    """
    public = door.configured_url
    if public is None or _HERE in request.query:
        return None
    parts = urlsplit(public)
    if parts.netloc == urlsplit(request.origin).netloc:
        return None
    if not (is_on_this_machine(f"{parts.scheme}://{parts.netloc}") and is_on_this_machine(request.origin)):
        return None
    query = f"{request.query_string}&{_HERE}=1" if request.query_string else f"{_HERE}=1"
    return redirect(f"{public}{door.prefix}/login?{query}")
