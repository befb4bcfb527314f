"""Who am I, and signing out."""

from __future__ import annotations

import logging

from erpnext_connector.store.sessions import Session
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse, json_response, redirect
from erpnext_connector.web.pages import page
from erpnext_connector.web.trouble import Action

_log = logging.getLogger(__name__)


def session(door: Door, request: WebRequest) -> WebResponse:
    """Who is signed in: as a page for people, as JSON for scripts; raises `NotSignedIn`."""
    user = door.user(request)
    if request.wants_page:
        return _account(door, request)
    return json_response(
        {
            "site": user.site,
            "user": user.user,
            "identity": user.identity,
            "full_name": user.full_name,
            "email": user.email,
            "picture": user.picture,
            "roles": user.roles,
            "csrf_token": user.csrf_token,
        }
    )


def show_logout(door: Door, request: WebRequest) -> WebResponse:
    """Ask before signing out, since any page may link here; afterwards, confirm that it is done."""
    if door.visitor(request):
        return _account(door, request)
    actions = (
        Action("Sign in", door.sign_in_path(request, door.home(request)), is_likely=True),
        Action("Go to the start page", door.home(request)),
    )
    sentences = ["You are signed out of this app. ERPNext itself was not touched."]
    return page(door, request, "notice.html", heading="Signed out", sentences=sentences, code=None, actions=actions)


def logout(door: Door, request: WebRequest) -> WebResponse:
    """End the session; with `revoke=1` give the grant back to ERPNext, too. Raises `RequestForged`."""
    here = door.session(request)
    forget = door.cookies.without_session(secure=door.is_secure(request))
    if here is None:
        return _gone(door, request).with_headers(forget)
    door.check_csrf(request, here)
    if request.form.get("revoke") != "1":
        door.connector.running.sessions.end(here.id)
        return _gone(door, request).with_headers(forget)
    revoked = door.connector.revoke(here.site_id, here.user)
    response = _untold(door, request, here) if revoked.at_site == "owed" else _gone(door, request)
    return response.with_headers(forget)


def _gone(door: Door, request: WebRequest) -> WebResponse:
    if not request.wants_page:
        return json_response({"signed_out": True})
    wanted = request.form.get("next")
    return redirect(door.next_path(request, wanted) if wanted else door.path(request, "/logout"))


def _untold(door: Door, request: WebRequest, session: Session) -> WebResponse:
    site = door.connector.running.reach.site(session.site_id)
    if not request.wants_page:
        return json_response({"signed_out": True, "revoked": False})
    sentences = [
        "You are signed out, and this app has forgotten your access.",
        "ERPNext could not be told: revoke it there as well, under third-party apps.",
    ]
    actions = (Action("Third-party apps in ERPNext", f"{site.address}/third_party_apps", is_likely=True),)
    return page(door, request, "notice.html", heading="Signed out", sentences=sentences, code=None, actions=actions)


def _account(door: Door, request: WebRequest) -> WebResponse:
    user = door.user(request)
    site = door.connector.running.reach.site(user.site)
    return page(
        door,
        request,
        "account.html",
        user=user,
        site=site.address,
        logout=door.path(request, "/logout"),
    )
