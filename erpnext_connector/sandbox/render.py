"""Answers as each version of Frappe writes them."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from erpnext_connector.sandbox import accounts
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Header, Request, Response
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Site, shown

PAGES: Final = {
    401: ("Session Expired", "Your session has expired, please login again to continue."),
    403: ("Not Permitted", "You do not have enough permissions to complete the action"),
    404: ("Not Found", "The resource you are looking for is not available"),
}
PLAIN_LOOK: Final = (
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    "<style>body { max-width: 34rem; margin: 4rem auto; padding: 0 1rem;"
    " font: 16px/1.5 system-ui, sans-serif; }</style>"
)
REFUSED: Final = (401, 403)


@dataclass(frozen=True, slots=True)
class Body:
    """A whole JSON answer, for functions that don't just give a message."""

    values: Mapping[str, Any]
    status: int = 200
    headers: tuple[Header, ...] = field(default=())


def success(site: Site, request: Request, value: object, *, key: str, status: int = 200) -> Response:
    """The answer of something that went well: its value under `key`, what was said beside it."""
    if isinstance(value, Response):
        return value
    headers: tuple[Header, ...] = ()
    if isinstance(value, Body):
        body, status, headers = dict(value.values), value.status, value.headers
    else:
        body = {key: value} if value is not None else {}
    if is_v2(site, request):
        body.setdefault("data", None)
    body |= {**_said(site, request), **({} if is_v2(site, request) else site.left_over)}
    if site.frappe < 15 and site.caught:
        body["exc_type"] = site.caught
    response = json_answer(site, request, body, status)
    response.headers.extend(headers)
    return response


def is_v2(site: Site, request: Request) -> bool:
    """Whether the request speaks to API version 2."""
    return site.frappe >= 15 and request.path.startswith("/api/v2/")


def json_answer(site: Site, request: Request, body: Mapping[str, Any], status: int) -> Response:
    """A body as JSON, with what every answer to this request says."""
    expired = {"session_expired": 1} if accounts.session_expired(site, request) else {}
    return Response.json({**body, **expired}, status=status, ascii_only=site.frappe < 16)


def _said(site: Site, request: Request) -> dict[str, Any]:
    messages = [_complete(site, message) for message in site.messages]
    if not messages:
        return {}
    if is_v2(site, request):
        return {"messages": messages}
    return {"_server_messages": json.dumps([json.dumps(message) for message in messages])}


def _complete(site: Site, message: dict[str, Any]) -> dict[str, Any]:
    return {"as_table": False, **message} if site.frappe >= 16 else message


def failure(site: Site, request: Request, error: FrappeError, user: str) -> Response:
    """The answer of something that went wrong, as JSON or as a page."""
    if site.frappe >= 16 and error.exc_type == "DoesNotExistError" and error.doctype:
        error = _hidden(site, error, user)
    if not wants_json(request):
        return failure_page(site, error)
    if is_v2(site, request):
        return _failure_v2(site, request, error, user)
    body: dict[str, Any] = dict(error.extra)
    if error.thrown:
        site.messages.append(shown(site, error))
    if site.frappe >= 15 or error.named:
        body["exc_type"] = error.exc_type
    elif site.caught:
        body["exc_type"] = site.caught
    if _shows_traceback(site, error, user):
        body |= {"exception": error.exception, "exc": json.dumps([_traceback(error)])}
    if site.frappe == 15 and error.module == "pymysql.err" and error.message.startswith("(1064,"):
        body["_debug_messages"] = json.dumps([f"Syntax error in query:\n{error.message}"])
    body |= _said(site, request)
    return json_answer(site, request, body, error.status)


def _hidden(site: Site, error: FrappeError, user: str) -> FrappeError:
    """Who may not read the DocType does not learn that a document is missing."""
    try:
        site.part(Permissions).check_doctype(site.doctype(error.doctype), "read", user)
    except FrappeError as refusal:
        return refusal
    return error


def _failure_v2(site: Site, request: Request, error: FrappeError, user: str) -> Response:
    one: dict[str, Any] = {"type": error.exc_type}
    if _shows_traceback(site, error, user):
        one["exception"] = _traceback(error)
    message = shown(site, error) if error.thrown else None
    if message is None:
        message = next((one for one in site.messages if "__frappe_exc_id" not in one), None)
        site.messages = [one for one in site.messages if one is not message]
    if message:
        hidden = ("raise_exception", "__frappe_exc_id")
        one |= {key: value for key, value in _complete(site, message).items() if key not in hidden}
    return json_answer(site, request, {"errors": [one], **_said(site, request)}, error.status)


def _shows_traceback(site: Site, error: FrappeError, user: str) -> bool:
    if error.status == 404 or error.quiet or not site.setting("allow_error_traceback"):
        return False
    return site.frappe < 16 or user == "Administrator" or site.is_system_user(user)


def _traceback(error: FrappeError) -> str:
    return f'Traceback (most recent call last):\n  File "apps/frappe/frappe/app.py"\n{error.exception}\n'


def wants_json(request: Request) -> bool:
    """Whether errors go out as JSON: for the API unless a page is asked for, elsewhere only where JSON is."""
    accept = request.headers.get("accept", "")
    is_ajax = request.headers.get("x-requested-with") == "XMLHttpRequest"
    if accept and (is_ajax or "application/json" in accept):
        return True
    return request.path.startswith("/api/") and not accept.startswith("text")


def failure_page(site: Site, error: FrappeError) -> Response:
    """An error as a page; Frappe 14 sends it with status 200."""
    title, text = PAGES.get(error.status, ("Server Error", error.exception))
    return page(title, text, 200 if site.frappe < 15 else error.status)


def page(title: str, text: str, status: int) -> Response:
    """A plain page."""
    shown_title, shown_text = html.escape(title), html.escape(text)
    head = f"<head><title>{shown_title}</title>{PLAIN_LOOK}</head>"
    markup = f'<!doctype html>\n<html lang="en">{head}<body><h1>{shown_title}</h1>'
    return Response.html(f"{markup}<p>{shown_text}</p></body></html>\n", status=status)


def werkzeug_page(status: int, name: str) -> Response:
    """The bare error page of the web framework below Frappe."""
    markup = f"<!doctype html>\n<html lang=en>\n<title>{status} {name}</title>\n<h1>{name}</h1>\n"
    response = Response.html(markup, status=status)
    response.headers.append(("set-cookie", ""))
    return response


def finish(site: Site, request: Request, response: Response) -> Response:
    """Headers that every answer of the version has."""
    names = {name for name, _ in response.headers}
    if site.frappe >= 16:
        if "cache-control" not in names:
            response.headers.append(("cache-control", "no-store,no-cache,must-revalidate,max-age=0"))
        if response.status in REFUSED:
            where = f"{request.base_url}/.well-known/oauth-protected-resource"
            response.headers.append(("www-authenticate", f'Bearer resource_metadata="{where}"'))
    if "set-cookie" not in names and not _is_failed_login(request, response):
        session = accounts.session_of(site, request)
        response.headers.extend(accounts.cookies(site, request, session))
    return response


def _is_failed_login(request: Request, response: Response) -> bool:
    """Frappe refuses a password before it has a session to send cookies of."""
    return response.status >= 400 and accounts.is_login(request)
