"""Passwords that people or administrators change, with what follows: sessions end, tokens do not."""

from __future__ import annotations

from typing import Final

from erpnext_connector.sandbox import accounts, records
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.permissions import ADMINISTRATOR
from erpnext_connector.sandbox.site import Site

NO_KEY: Final = "The reset password link has either been used before or is invalid"


def reset(site: Site, user: str, password: str) -> None:
    """What a person's own change does, by the old password or a reset link: it is noted with its date."""
    site.keep_password("User", user, "password", password)
    if str(site.setting("logout_on_password_reset")) != "0":
        site.sessions.end_all(user)
    site.part(Documents).save(
        {**site.stored.load("User", user), "reset_password_key": ""}, user, ignore_permissions=True
    )
    moment = {"last_password_reset_date": site.today(), "modified": site.now()}
    records.change(site, "User", user, modified_by=user, **moment)


def set_by_administrator(site: Site, user: str, password: str) -> None:
    """What an administrator's change in the User form does: no date is kept of it."""
    site.part(Documents).update("User", user, {"new_password": password, "logout_all_sessions": 1}, ADMINISTRATOR)


def update_password(site: Site, request: Request, user: str) -> Response:
    """Change one's own password by the old one, and sign in anew; the sandbox sends no reset links."""
    arguments = request.arguments
    old, new = str(arguments.get("old_password") or ""), str(arguments.get("new_password") or "")
    if not old or user == accounts.GUEST:
        return Response.json({"message": NO_KEY}, status=410)
    if not new:
        raise FrappeError("TypeError", "update_password() missing 1 required positional argument: 'new_password'")
    accounts.check_password(site, request, user, old)
    reset(site, user, new)
    response = accounts.signed_in(site, request, user)
    home = accounts.home_page(site)
    body = {"message": home, "home_page": home, "full_name": accounts.full_name(records.read(site, "User", user) or {})}
    return Response(200, Response.json(body).body, response.headers)


METHODS: Final = {"frappe.core.doctype.user.user.update_password": Method(update_password, guest=True)}
