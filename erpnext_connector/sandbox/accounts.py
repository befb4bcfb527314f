"""Who a request comes from: sign-in by password and cookie, API keys, bearer tokens."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final
from urllib.parse import quote, unquote

from erpnext_connector.sandbox import records, token_rows
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.sessions import Session
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import HARDENED

GUEST: Final = "Guest"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN_PATHS: Final = frozenset({"/api/method/login", "/login"})
SESSION_SECONDS: Final = {14: 216_000}
USUAL_SESSION_SECONDS: Final = 612_000
WORDS_OF_AUTHORIZATION: Final = 2
OAUTH: Final = "/api/method/frappe.integrations.oauth2."
PROVEN_AT: Final = frozenset({f"{OAUTH}get_token", f"{OAUTH}revoke_token"})


def authenticate(site: Site, request: Request) -> str:
    """The user that a request acts as: "Guest" without credentials; FrappeError where credentials are wrong.

    A cookie session comes first, then a bearer token, then an API key; a session's user stays when the
    Authorization header is no good. A header that is not two words is not looked at. At Frappe 13 whoever brings a
    dead token is a Guest; since 2026 a good token or key makes up for a missing CSRF token.
    """
    session = session_of(site, request)
    if site.frappe < HARDENED:
        _check_csrf(request, session)
    user = session.user if session else GUEST
    found = _by_header(site, request, user)
    if site.frappe >= HARDENED and found is None:
        _check_csrf(request, session)
    return found or user


def _by_header(site: Site, request: Request, user: str) -> str | None:
    """The user of a token or API key, None without one; FrappeError where it is no good and nobody is signed in."""
    words = request.headers.get("authorization", "").split(" ")
    if len(words) != WORDS_OF_AUTHORIZATION or _names_client(site, request, words[0]):
        return None
    found = _bearer(site, *words) or _api_key(site, *words, user=user)
    if found is None and user == GUEST and site.frappe > 13:
        raise FrappeError("AuthenticationError")
    return found


def _names_client(site: Site, request: Request, scheme: str) -> bool:
    """Whether a Basic header is an OAuth client's own; until 2026 it is read as an API key everywhere."""
    return site.frappe >= HARDENED and scheme.lower() == "basic" and request.path in PROVEN_AT


def session_of(site: Site, request: Request) -> Session | None:
    """The session that the request's cookie names, if it has not ended and its user is still enabled."""
    sid = unquote(request.cookies.get("sid", GUEST))
    session = site.sessions.find(sid)
    if session is None:
        return None
    user = records.read(site, "User", session.user)
    return session if user and user.get("enabled") else None


def session_expired(site: Site, request: Request) -> bool:
    """Whether the request brings a cookie of a session that is over; every JSON answer to it says so."""
    return unquote(request.cookies.get("sid", GUEST)) not in ("", GUEST) and session_of(site, request) is None


def _check_csrf(request: Request, session: Session | None) -> None:
    if session is None or session.csrf_token is None or request.method in SAFE_METHODS:
        return
    given = request.headers.get("x-frappe-csrf-token") or str(request.arguments.get("csrf_token", ""))
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise FrappeError("CSRFTokenError", "Invalid Request", 400)


def _bearer(site: Site, scheme: str, token: str) -> str | None:
    """The user of a good token; Frappe asks whether that user is enabled only since 2026, 13 takes any scheme."""
    if scheme.lower() != "bearer" and site.frappe > 13:
        return None
    found = token_rows.by_access_token(site, token)
    if found is None or not token_rows.is_good(site, found):
        return None
    user = records.read(site, "User", str(found["user"])) or {}
    return str(found["user"]) if user.get("enabled") or site.frappe < HARDENED else None


def _api_key(site: Site, scheme: str, credentials: str, *, user: str) -> str | None:
    """The key's user (a cookie session's user stays); wrong keys are an error even with a session."""
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode()
        except binascii.Error:
            text = "Failed to decode token, please provide a valid base64-encoded token."
            raise FrappeError("InvalidAuthorizationToken", text, 400) from None
        except UnicodeDecodeError:
            return None
    elif scheme.lower() != "token":
        return None
    key, colon, secret = credentials.partition(":")
    if not colon or ":" in secret:
        return None
    owner = _key_owner(site, key, secret)
    return owner if user == GUEST else user


def _key_owner(site: Site, key: str, secret: str) -> str | None:
    """The user with this API key; Frappe asks whether that user is enabled only from version 16 on.

    At Frappe 13 a wrong secret is no error: it leaves a Guest.
    """
    owners = records.find(site, "User", api_key=key)
    for found in owners:
        kept = site.password("User", str(found["name"]), "api_secret") or ""
        right = bool(key) and hmac.compare_digest(kept.encode(), secret.encode())
        if right and (found.get("enabled") or site.frappe < 16):
            return str(found["name"])
    if owners and site.frappe == 13:
        return None
    raise FrappeError("AuthenticationError")


def login(site: Site, request: Request, _user: str) -> Response:
    """Sign in by password; the answer carries the session's cookies."""
    arguments = request.arguments
    name = check_password(site, request, str(arguments.get("usr") or ""), str(arguments.get("pwd") or ""))
    return signed_in(site, request, name)


def signed_in(site: Site, request: Request, name: str) -> Response:
    """The answer that gives a browser a session of its own; when and from where is noted with the user."""
    session = site.sessions.start(name)
    moment = site.now()
    records.change(site, "User", name, last_login=moment, last_active=moment, last_ip=address_of(request))
    user = records.read(site, "User", name) or {}
    body = {"message": "Logged In", "home_page": home_page(site), "full_name": full_name(user)}
    response = Response.json(body)
    response.headers.extend(cookies(site, request, session))
    return response


def is_login(request: Request) -> bool:
    """Whether the request tries to sign in by password."""
    return request.path in LOGIN_PATHS or request.arguments.get("cmd") == "login"


def check_password(site: Site, request: Request, given: str, password: str) -> str:
    """The user with this name and password; FrappeError (401, or 500 when locked) where there is none."""
    if not given or not password:
        raise _login_error(site, "Incomplete login details")
    address = address_of(request)
    user = records.read(site, "User", given)
    _check_lock(site, address)
    tracked = [address]
    if user is not None:
        _check_lock(site, str(user["name"]))
        tracked.append(str(user["name"]))
    kept = site.password("User", str(user["name"]), "password") if user else None
    if user is None or kept is None or not hmac.compare_digest(kept.encode(), password.encode()):
        site.failed_logins.add(tracked)
        raise _login_error(site, "Invalid login credentials")
    if not user.get("enabled"):
        site.failed_logins.add(tracked)
        raise _login_error(site, "User disabled or missing")
    site.failed_logins.forget(tracked)
    return str(user["name"])


def address_of(request: Request) -> str:
    """The address that a request came from, as far as a proxy says."""
    return request.headers.get("x-forwarded-for", "127.0.0.1").split(",")[0].strip()


def _login_error(site: Site, text: str) -> FrappeError:
    """A failed login; Frappe 14 names the wrong class in `exc_type`."""
    extra = {"message": text} | ({"exc_type": "DoesNotExistError"} if site.frappe < 15 else {})
    return FrappeError("AuthenticationError", extra=extra)


def _check_lock(site: Site, tracked: str) -> None:
    if site.failed_logins.locked(tracked):
        text = "Your account has been locked and will resume after 60 seconds"
        raise FrappeError("SecurityException", text, 500)


def logout(site: Site, request: Request, _user: str) -> Response:
    """End the cookie's session; Frappe 16 only does so by POST."""
    if site.frappe >= 16 and request.method != "POST":
        raise FrappeError("PermissionError", "Not permitted", title="Method Not Allowed")
    site.sessions.end(unquote(request.cookies.get("sid", "")))
    guest = {"message": "No App", "home_page": "/login", "full_name": GUEST}
    response = Response.json(guest if site.frappe >= 15 else {})
    response.headers.extend(cookies(site, request, None))
    return response


def logged_user(_site: Site, _request: Request, user: str) -> str:
    """The user that the request acts as."""
    return user


def cookies(site: Site, request: Request, session: Session | None) -> list[tuple[str, str]]:
    """The Set-Cookie headers of an answer: every answer carries the session's five cookies again, Guest's too."""
    user = (records.read(site, "User", session.user) if session else None) or {}
    name = session.user if session else GUEST
    values = {
        "system_user": "yes" if session else "no",
        "full_name": full_name(user) or GUEST,
        "user_id": name,
        "user_image": str(user.get("user_image") or ""),
    }
    if site.frappe >= 16:
        del values["user_image"]
        values["user_lang"] = "en"
        if unquote(request.cookies.get("user_id", "")) == name:
            del values["user_id"]
    seconds = SESSION_SECONDS.get(site.frappe, USUAL_SESSION_SECONDS)
    sid = f"sid={session.sid if session else GUEST}; Max-Age={seconds}; HttpOnly; Path=/; SameSite=Lax"
    rest = [f"{cookie}={quote(value)}; Path=/; SameSite=Lax" for cookie, value in values.items()]
    return [("set-cookie", cookie) for cookie in (sid, *rest)]


def full_name(user: records.Document) -> str:
    """First name, last name."""
    return " ".join(str(part) for part in (user.get("first_name"), user.get("last_name")) if part)


def home_page(site: Site) -> str:
    """Where the desk is."""
    return "/desk" if site.frappe >= 16 else "/app"


METHODS: Final = {
    "login": Method(login, guest=True),
    "logout": Method(logout, guest=True),
    "frappe.auth.get_logged_user": Method(logged_user),
}
