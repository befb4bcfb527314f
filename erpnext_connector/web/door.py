"""The door of an app: where it stands, and who comes in."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from erpnext_connector.connector import MAIN_SITE, Connector
from erpnext_connector.errors import GrantLost, Misconfigured, NotSignedIn, RequestForged
from erpnext_connector.secret import Secret
from erpnext_connector.settings import missing
from erpnext_connector.store.sessions import Session
from erpnext_connector.web.cookies import Cookies
from erpnext_connector.web.message import WebRequest
from erpnext_connector.web.next_path import is_below, own_path, path_of_referer
from erpnext_connector.web.user import User
from erpnext_connector.wire.address import SiteAddress

CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf_token"


class Door:
    """A connector mounted under `prefix` of an app; every handler gets it."""

    def __init__(self, connector: Connector, prefix: str = "/erpnext") -> None:
        """`prefix` begins with a slash and does not end with one."""
        self.connector = connector
        self.prefix = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self.cookies = Cookies(connector.manifest.app.name, self.prefix)

    # --- who comes in

    def session_token(self, request: WebRequest) -> Secret | None:
        """What the browser shows; it may belong to a session that has ended."""
        return self.cookies.session(request, self.connector.running.ring, secure=self.is_secure(request))

    def session(self, request: WebRequest) -> Session | None:
        """The session of this browser, or None."""
        token = self.session_token(request)
        return self.connector.running.sessions.find(token) if token else None

    def visitor(self, request: WebRequest) -> User | None:
        """Who is signed in, or None."""
        session = self.session(request)
        if session is None or not self._is_alive(session):
            return None
        running = self.connector.running
        profile = running.vault.profile(session.site_id, session.user)
        if profile is None:
            return None
        running.reach.warm(session.site_id)  # looked up here, on a thread, so that `user.erpnext` need not wait
        return User(profile, session, self.connector)

    @property
    def asks_each_time(self) -> bool:
        """Whether looking who comes in may wait for ERPNext."""
        return self.connector.settings.verify == "always"

    def _is_alive(self, session: Session) -> bool:
        """Whether the grant behind the session is good; raises `Retryable` when that is to be asked and can't be."""
        if self.asks_each_time:
            try:
                self.connector.running.sentinel.verify(session.site_id, session.user)
            except GrantLost:
                return False
        return True

    def user(self, request: WebRequest) -> User:
        """Who is signed in; raises `NotSignedIn`."""
        visitor = self.visitor(request)
        if visitor is None:
            raise NotSignedIn
        return visitor

    def check_csrf(self, request: WebRequest, session: Session, field: str | None = None) -> None:
        """Raise `RequestForged` unless the request carries the session's token, as header or as form field.

        `field` is the form's token where the framework has read the form already.
        """
        given = request.headers.get(CSRF_HEADER) or field or request.form.get(CSRF_FIELD) or ""
        if not session.csrf.matches(given):
            raise RequestForged

    def check_origin(self, request: WebRequest, session: Session) -> None:
        """Raise `RequestForged` for a change that the page of another site asks for.

        Browsers say where a request comes from (Sec-Fetch-Site, Origin), and SameSite=Lax keeps the cookie from what
        other sites post. A request with the session's token in its header needs no such check.
        """
        if request.is_safe or session.csrf.matches(request.headers.get(CSRF_HEADER, "")):
            return
        fetched = request.headers.get("sec-fetch-site")
        if fetched in ("same-origin", "none"):
            return
        origin = request.headers.get("origin")
        if fetched or (origin is not None and origin not in self.origins(request)):
            raise RequestForged("The request came from a page of another site.")

    # --- where it stands

    @property
    def configured_url(self) -> str | None:
        """The app's address as it is set, without a slash at its end."""
        url = self.connector.settings.public_url or self.connector.manifest.app.url
        return url.rstrip("/") if url else None

    def public_url(self, request: WebRequest) -> str:
        """The app's address as browsers see it.

        On this machine the request tells it; elsewhere anybody could write that header, so it has to be set: raises
        `SettingMissing`.
        """
        if self.configured_url:
            return self.configured_url
        if is_on_this_machine(request.origin):
            return request.origin + request.root
        raise missing("CONNECTOR_URL")

    def origins(self, request: WebRequest) -> tuple[str, ...]:
        """The app's own origins: as it is set, and as the browser addressed it."""
        host = urlsplit(request.origin).netloc
        own = (f"https://{host}", f"http://{host}")
        if not self.configured_url:
            return own
        parts = urlsplit(self.configured_url)
        return f"{parts.scheme}://{parts.netloc}", *own

    def is_secure(self, request: WebRequest) -> bool:
        """Whether browsers come by https."""
        return (self.configured_url or request.origin).startswith("https:")

    def redirect_uri(self, request: WebRequest) -> str:
        """Where ERPNext sends people back to, as the OAuth Client document must have it."""
        return f"{self.public_url(request)}{self.prefix}/callback"

    def path(self, request: WebRequest, route: str) -> str:
        """The path of one of the connector's routes."""
        return f"{self._root(request)}{self.prefix}{route}"

    def home(self, request: WebRequest) -> str:
        """The path of the app's first page."""
        return f"{self._root(request)}/"

    def next_path(self, request: WebRequest, wanted: str | None) -> str:
        """`wanted` if it is a path of the app that does not lead back into signing in; else the first page."""
        home = self.home(request)
        path = own_path(wanted, otherwise=home)
        return home if self.prefix and is_below(path, self.path(request, "")) else path

    def sign_in_path(self, request: WebRequest, next_path: str | None = None, site_id: str = MAIN_SITE) -> str:
        """Where a link to sign in leads; it comes back to `next_path`, or to the page that was asked for."""
        wanted = self.next_path(request, next_path or self._page_of(request))
        query = {"next": wanted} if site_id == MAIN_SITE else {"next": wanted, "site": site_id}
        return f"{self.path(request, '/login')}?{urlencode(query)}"

    def _page_of(self, request: WebRequest) -> str | None:
        """The page that the person looks at: this one, or the one whose script or form asked."""
        if request.method == "GET" and request.wants_page:
            return request.target
        return path_of_referer(request.headers.get("referer"), self.origins(request))

    def _root(self, request: WebRequest) -> str:
        """The path before the app: in front of a proxy there may be one that the app itself does not see."""
        return urlsplit(self.configured_url).path if self.configured_url else request.root


def is_on_this_machine(origin: str) -> bool:
    """Whether the origin is a loopback address; a made-up Host header is not."""
    try:
        return SiteAddress.parse(origin, allow_insecure=True).is_loopback
    except Misconfigured:
        return False
