"""What Frappe's own DocTypes check and fill in when one of their documents is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import NUMBER_TYPES, WHOLE_TYPES, DocType
from erpnext_connector.sandbox.oauth_rules import BY_BASIC
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.values import to_int
from erpnext_connector.sandbox.versions import HARDENED
from erpnext_connector.sandbox.webhook import evaluate

STAMP: Final = "%Y-%m-%d %H:%M:%S.%f"
SECRET_BYTES: Final = 5
HARDENED_SECRET_BYTES: Final = 28
SUBJECT_LENGTH: Final = 39
STANDARD_USERS: Final = ("Administrator", "Guest")
SUBMIT_EVENTS: Final = frozenset({"on_submit", "on_cancel", "on_update_after_submit"})
COMBINATIONS: Final = {"Authorization Code": "Code", "Implicit": "Token"}

Document = dict[str, Any]


def check_client(site: Site, client: Document) -> None:
    """An OAuth Client: its id is its name, it gets a secret and a role whose users may use it."""
    client["client_id"] = client.get("name")
    client["client_secret"] = client.get("client_secret") or new_secret(site)
    if site.frappe >= 16:
        client["token_endpoint_auth_method"] = client.get("token_endpoint_auth_method") or BY_BASIC
    grant, response = client.get("grant_type"), client.get("response_type")
    if COMBINATIONS.get(str(grant), response) != response:
        text = (
            f"Combination of Grant Type (<code>{grant}</code>) and Response Type (<code>{response}</code>) not allowed"
        )
        raise FrappeError("ValidationError", text)
    if site.frappe > 13 and not client.get("allowed_roles"):
        client["allowed_roles"] = [{"role": "All" if site.frappe < 15 else "Desk User"}]


def new_secret(site: Site) -> str:
    """A client's secret: ten hexadecimal digits, since 2026 as many as 56."""
    return site.token_bytes(HARDENED_SECRET_BYTES if site.frappe >= HARDENED else SECRET_BYTES).hex()


def check_token(_site: Site, token: Document) -> None:
    """An OAuth Bearer Token: it expires so many seconds after its creation."""
    if not token.get("expiration_time"):
        created = datetime.fromisoformat(str(token["creation"]))
        token["expiration_time"] = (created + timedelta(seconds=int(token.get("expires_in") or 0))).strftime(STAMP)


def check_webhook(site: Site, webhook: Document) -> None:
    """A Webhook: an event that its DocType has, a condition and a template that compile, a URL, a secret."""
    doctype = site.schema.find(webhook.get("webhook_doctype"))
    if doctype and not doctype.is_submittable and webhook.get("webhook_docevent") in SUBMIT_EVENTS:
        raise FrappeError("ValidationError", "DocType must be Submittable for the selected Doc Event")
    _check_condition(str(webhook.get("condition") or ""), doctype)
    if not urlsplit(str(webhook.get("request_url") or "")).netloc:
        raise FrappeError("ValidationError", "Check Request URL")
    _check_body(webhook)
    if to_int(webhook.get("enable_security")) and not webhook.get("webhook_secret"):
        raise FrappeError("ValidationError", "Invalid Webhook Secret")


def _check_condition(condition: str, doctype: DocType | None) -> None:
    """Try the condition on a new document of the DocType, as Frappe does."""
    numbers = NUMBER_TYPES | WHOLE_TYPES
    fields = doctype.value_fields if doctype else []
    empty = {field.fieldname: 0 if field.fieldtype in numbers else None for field in fields}
    try:
        if condition:
            evaluate(condition, empty | {"docstatus": 0})
    except Exception as error:
        raise FrappeError("ValidationError", f"Invalid Condition: {error}") from error


def _check_body(webhook: Document) -> None:
    if webhook.get("request_structure") == "Form URL-Encoded":
        webhook["webhook_json"] = None
    elif webhook.get("request_structure") == "JSON":
        webhook["webhook_data"] = []
        _check_template(str(webhook.get("webhook_json") or ""))
    fieldnames = [row.get("fieldname") for row in webhook.get("webhook_data") or []]
    if len(fieldnames) != len(set(fieldnames)):
        raise FrappeError("ValidationError", "Same Field is entered more than once")


def _check_template(template: str) -> None:
    try:
        SandboxedEnvironment().from_string(template)
    except TemplateError as error:
        line = f"Syntax error in template as line {getattr(error, 'lineno', 1)}: {error}"
        raise FrappeError("ValidationError", line) from error


def check_user(site: Site, user: Document) -> None:
    """A User: a full name, an id for OpenID, a new password. Disabling ends the cookie sessions, but no token."""
    name = str(user.get("name"))
    parts = (user.get("first_name"), user.get("middle_name"), user.get("last_name"))
    user["full_name"] = " ".join(str(part) for part in parts if part)
    logins = user.setdefault("social_logins", [])
    if name not in STANDARD_USERS and not any(row.get("provider") == "frappe" for row in logins):
        logins.append({"provider": "frappe", "userid": site.token_bytes(20).hex()[:SUBJECT_LENGTH]})
    password = user.get("new_password")
    if password and set(str(password)) != {"*"}:
        site.keep_password("User", name, "password", str(password))
        user["new_password"] = ""
    if not to_int(user.get("enabled")) or (password and to_int(user.get("logout_all_sessions"))):
        site.sessions.end_all(name)


CONTROLLERS: Final[Mapping[str, Callable[[Site, Document], None]]] = {
    "OAuth Client": check_client,
    "OAuth Bearer Token": check_token,
    "Webhook": check_webhook,
    "User": check_user,
}
