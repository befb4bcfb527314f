"""Every recorded error of real servers, and the shapes that no recording holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from erpnext_connector.call import Reply
from erpnext_connector.errors import (
    BadRequest,
    Conflict,
    ConnectorError,
    CredentialsRefused,
    DocumentNotFound,
    DuplicateName,
    MandatoryMissing,
    MethodNotFound,
    NotFound,
    NotFrappe,
    PermissionDenied,
    RateLimited,
    Refused,
    Retryable,
    SiteFault,
    SiteUnavailable,
    TooLarge,
)
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.reply import error_of
from tests.unit.wire.recordings import VERSIONS, Exchange, exchanges

# The code by case; one per version (14, 15, 16) where they differ, None where that version answers no error.
# OAuth endpoints are in tests/unit/oauth/test_recordings.py.
EXPECTED: dict[str, str | tuple[str | None, str | None, str | None]] = {
    "server/version": "method_not_found",
    "server/handler_version": "method_not_found",
    "server/openid_configuration": ("not_found", None, None),
    "server/oauth_server_metadata": ("not_found", "not_found", None),
    "server/whoami_guest": "permission_denied",
    "server/whoami_bad_api_key": "credentials_refused",
    "server/whoami_bad_bearer": "credentials_refused",
    "server/whoami_empty_bearer": "permission_denied",
    "server/whoami_unknown_scheme": "credentials_refused",
    "server/unknown_method": "method_not_found",
    "server/unknown_route": "not_found",
    "login/wrong_password": "credentials_refused",
    "login/unknown_user": "credentials_refused",
    "login/whoami_bad_sid": "credentials_refused",
    "token/whoami_revoked": "credentials_refused",
    "list/filter_between": ("bad_request", "bad_request", None),
    "list/count_aggregate": (None, None, "refused"),
    "list/unknown_field": "bad_request",
    "list/unknown_filter_field": "bad_request",
    "list/bad_filter_json": "bad_request",
    "list/bad_operator": "refused",
    "list/sql_in_order_by": "refused",
    "list/sql_in_fields": "bad_request",
    "list/unknown_doctype": ("doctype_not_found", "doctype_not_found", "permission_denied"),
    "list/forbidden_doctype": "permission_denied",
    "list/guest": "permission_denied",
    "list/restricted_user_forbidden": "permission_denied",
    "document/missing": "document_not_found",
    "document/not_permitted": ("document_not_found", "document_not_found", "permission_denied"),
    "document/single_doctype": "permission_denied",
    "write/create_again": "duplicate_name",
    "write/create_without_mandatory": "refused",
    "write/create_bad_select": "refused",
    "write/create_forbidden": "permission_denied",
    "write/create_bad_link": "link_invalid",
    "write/create_not_json": "bad_request",
    "write/update_stale_modified": "stale_document",
    "write/update_missing": "document_not_found",
    "write/update_forbidden": "permission_denied",
    "write/delete_forbidden": "permission_denied",
    "write/delete_missing": "not_found",
    "write/create_invoice_no_rows": "mandatory_missing",
    "write/create_invoice_bad_row": "link_invalid",
    "write/edit_submitted": "refused",
    "write/delete_submitted": "refused",
    "write/delete_linked": "linked_document",
    "write/run_unknown_method": "not_found",
    "method/validate_link": (None, None, "method_not_found"),
    "method/validate_link_missing": (None, None, "method_not_found"),
    "method/insert_many_one_bad": "duplicate_name",
    "method/insert_many_rolled_back": "document_not_found",
    "method/rename_old_name_gone": "document_not_found",
    "method/delete_client": "permission_denied",
    "search/forbidden": "permission_denied",
    "search/unknown_doctype": ("doctype_not_found", "doctype_not_found", "permission_denied"),
    "search/guest": "permission_denied",
    "file/download_private_guest": "permission_denied",
    "file/download_private_other_user": "permission_denied",
    "v2/list": ("not_found", None, None),
    "v2/read": ("not_found", None, None),
    "v2/missing": ("not_found", "document_not_found", "document_not_found"),
    "v2/forbidden": ("not_found", "permission_denied", "permission_denied"),
    "v2/count": ("not_found", None, None),
    "v2/meta": ("not_found", None, None),
    "v2/method": ("not_found", None, None),
    "v2/create_missing_mandatory": ("not_found", "refused", "refused"),
    "v2/create": ("not_found", None, None),
    "v2/patch": ("not_found", None, None),
    "v2/delete": ("not_found", None, None),
    "v2/guest": ("not_found", "permission_denied", "permission_denied"),
    "tidy/delete_Contract Bad Select": "not_found",
    "tidy/deleted_documents_forbidden": "permission_denied",
}

MESSAGES = {
    (14, "server/whoami_guest"): (
        "You are not permitted to access this resource. Function frappe.auth.get_logged_user is not whitelisted."
    ),
    (16, "server/whoami_guest"): (
        "You are not permitted to access this resource. Login to access. "
        "Function frappe.auth.get_logged_user is not whitelisted."
    ),
    (14, "server/whoami_bad_bearer"): "ERPNext refuses these credentials.",
    (15, "login/wrong_password"): "Invalid login credentials",
    (14, "list/filter_between"): "ERPNext's database refused the request (ProgrammingError).",
    (15, "list/unknown_field"): "Field not permitted in query: no_such_field",
    (14, "list/forbidden_doctype"): (
        "User {sales_user} does not have doctype access via role permission for document Supplier"
    ),
    (16, "list/forbidden_doctype"): "Insufficient Permission for Supplier",
    (15, "document/missing"): "Item nope not found",
    (15, "document/single_doctype"): (
        "User {sales_user} does not have doctype access via role permission for document System Settings. "
        "User {sales_user} does not have access to this document"
    ),
    (16, "write/create_again"): "Customer Contract Test Ltd already exists",
    (14, "write/create_without_mandatory"): "Customer Name is required",
    (15, "write/create_bad_select"): 'Customer Type cannot be "Alien". It should be one of "Company", "Individual"',
    (15, "write/create_bad_link"): "Could not find Item Group: No Such Group",
    (16, "write/create_not_json"): "Invalid request body",
    (14, "write/delete_forbidden"): "User not allowed to delete Customer: Contract Test Ltd",
    (14, "write/delete_missing"): "ERPNext has nothing of that name.",
    (14, "write/create_invoice_no_rows"): "Error: Data missing in table: Items",
    (16, "write/create_invoice_bad_row"): "Could not find Row #1: Item Code: nope",
    (15, "write/edit_submitted"): "Not allowed to change Grand Total after submission from 25.0 to 1.0",
    (16, "write/delete_submitted"): (
        "Sales Invoice {invoice}: Submitted Record cannot be deleted. You must Cancel it first."
    ),
    (16, "write/delete_linked"): (
        "Cannot delete or cancel because Customer Contract Test Ltd is linked with Sales Invoice {invoice}. "
        "You can disable this Customer instead of deleting it."
    ),
    (15, "file/download_private_guest"): "ERPNext's permissions don't allow that.",
    (15, "v2/missing"): "Item nope not found",
    (16, "v2/create_missing_mandatory"): "Customer Name is required",
}

NOT_OF_OAUTH = [
    exchange
    for version in VERSIONS
    for exchange in exchanges(version).values()
    if exchange.reply.status >= 400 and "frappe.integrations.oauth2" not in exchange.path
]


def _expected(exchange: Exchange) -> str | None:
    expected = EXPECTED[exchange.case]
    return expected if isinstance(expected, str) else expected[exchange.version - 14]


@pytest.mark.parametrize("exchange", NOT_OF_OAUTH, ids=lambda exchange: f"{exchange.version}-{exchange.case}")
def test_every_recorded_error_gets_its_class_a_plain_message_and_a_next_step(exchange: Exchange) -> None:
    error = error_of(exchange.reply)
    assert error.code == _expected(exchange)
    assert error.upstream_status == exchange.reply.status
    assert error.hint
    assert error.message
    assert not any(piece in error.message for piece in ("<strong", "</", "<br", "&", "Traceback", "frappe.exceptions"))


def test_every_expectation_is_met_by_a_recording() -> None:
    recorded = {(exchange.version, exchange.case) for exchange in NOT_OF_OAUTH}
    expected = {
        (version, case)
        for case, code in EXPECTED.items()
        for version in VERSIONS
        if isinstance(code, str) or code[version - 14]
    }
    assert expected == recorded


@pytest.mark.parametrize(("version", "case"), MESSAGES, ids=str)
def test_the_message_is_what_frappe_says_to_people(version: int, case: str) -> None:
    assert error_of(exchanges(version)[case].reply).message == MESSAGES[version, case]


@pytest.mark.parametrize("case", ["list/unknown_doctype", "search/unknown_doctype"])
def test_a_403_of_frappe_16_hints_that_the_doctype_may_not_exist(case: str) -> None:
    assert "does not exist" in error_of(exchanges(16)[case].reply).hint
    assert "does not exist" not in error_of(exchanges(16)["list/forbidden_doctype"].reply).hint


def answer(status: int, body: Any = None, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def said(*messages: str, thrown: bool = True) -> dict[str, str]:
    rows = [json.dumps({"message": text, "raise_exception": int(thrown)}) for text in messages]
    return {"_server_messages": json.dumps(rows)}


PAGE = b"<!DOCTYPE html><html><title>Oops</title><body>Internal Server Error</body></html>"


@pytest.mark.parametrize("body", [{}, PAGE, b"", b"[]", b"null", b'"text"'], ids=str)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, CredentialsRefused),
        (403, PermissionDenied),
        (404, NotFound),
        (405, BadRequest),
        (409, DuplicateName),
        (410, NotFound),
        (413, TooLarge),
        (414, TooLarge),
        (415, BadRequest),
        (417, Refused),
        (429, RateLimited),
        (500, SiteFault),
        (502, SiteUnavailable),
        (503, SiteUnavailable),
        (504, SiteUnavailable),
        (508, SiteUnavailable),
        (520, SiteFault),
    ],
)
def test_without_a_class_the_status_decides(status: int, kind: type[ConnectorError], body: Any) -> None:
    """Frappe 14 with tracebacks off answers {}; gunicorn and nginx answer pages."""
    error = error_of(answer(status, body))
    assert type(error) is kind
    assert error.message == kind().message


@pytest.mark.parametrize(
    ("status", "exc_type", "kind"),
    [
        (417, "DocumentLockedError", Conflict),
        (417, "UniqueValidationError", DuplicateName),
        (417, "RateLimitExceededError", RateLimited),
        (417, "MandatoryError", MandatoryMissing),
        (429, "TooManyRequestsError", RateLimited),
        (503, "SessionStopped", SiteUnavailable),
        (503, "InReadOnlyMode", SiteUnavailable),
        (500, "QueryDeadlockError", SiteFault),
        (500, "OperationalError", SiteFault),
        (500, "TypeError", BadRequest),
        (500, "SecurityException", RateLimited),
        (500, "SomethingOfAnApp", SiteFault),
        (409, "NameError", Refused),
        (400, "CSRFTokenError", BadRequest),
        (417, "SomethingOfAnApp", Refused),
    ],
)
@pytest.mark.parametrize("shape", ["exc_type", "exception", "v2"])
def test_the_class_is_found_wherever_frappe_names_it(
    status: int, exc_type: str, kind: type[ConnectorError], shape: str
) -> None:
    bodies: dict[str, Any] = {
        "exc_type": {"exc_type": exc_type},
        "exception": {"exception": f"frappe.exceptions.{exc_type}: the reason"},
        "v2": {"errors": [{"type": exc_type, "message": "the reason"}]},
    }
    error = error_of(answer(status, bodies[shape]))
    assert type(error) is kind
    assert error.exc_type == exc_type


def test_an_unknown_column_is_the_callers_mistake_while_a_lost_connection_is_not() -> None:
    unknown = {"exception": "pymysql.err.OperationalError: (1054, \"Unknown column 'nope' in 'ORDER BY'\")"}
    lost = {"exception": "pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query')"}
    assert type(error_of(answer(500, unknown))) is BadRequest
    assert type(error_of(answer(500, lost))) is SiteFault
    assert "nope" not in error_of(answer(500, unknown)).message, "SQL is not for people"


def test_a_column_that_two_joined_tables_have_is_the_callers_mistake() -> None:
    ambiguous = {"exception": "pymysql.err.OperationalError: (1052, \"Column 'name' in ORDER BY is ambiguous\")"}
    error = error_of(answer(500, ambiguous))
    assert type(error) is BadRequest
    assert "ORDER BY" not in error.message
    assert "arguments" in error.hint


def test_a_missing_argument_is_named() -> None:
    body = {"exception": "TypeError: get_list() missing 1 required positional argument: 'doctype'"}
    error = error_of(answer(500, body))
    assert error.message == (
        "ERPNext failed on this request (TypeError: get_list() missing 1 required positional argument: 'doctype')."
    )
    assert "Error Log" in error.hint


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept(status: int) -> None:
    error = error_of(answer(status, {"exc_type": "TooManyRequestsError"}, retry_after="17"))
    assert isinstance(error, Retryable)
    assert error.retry_after_seconds == 17
    error = error_of(answer(status))
    assert isinstance(error, Retryable)
    assert error.retry_after_seconds is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a <b>bold</b> word", "a bold word"),
        ("one<br>two", "one. two"),
        ("<ul><li>one</li><li>two.</li></ul>three", "one. two. three"),
        ("x &lt; 5 &amp; y", "x < 5 & y"),
        ("qty < 5 is too little", "qty < 5 is too little"),
        ("<script>alert(1)</script>ok", "ok"),
        ("<a href='https://example.com'>here</a>", "here"),
        ("   ", "ERPNext refused the change."),
        ("日本 Größe", "日本 Größe"),
    ],
)
def test_html_becomes_sentences(html: str, text: str) -> None:
    assert error_of(answer(417, said(html))).message == text


def test_what_was_thrown_is_the_message_and_mere_notes_are_not() -> None:
    rows = [json.dumps({"message": "Saved a draft"}), json.dumps({"message": "No stock", "raise_exception": 1})]
    assert error_of(answer(417, {"_server_messages": json.dumps(rows)})).message == "No stock"


def test_the_same_message_is_said_once() -> None:
    assert error_of(answer(417, said("No stock", "No stock", "Order more"))).message == "No stock. Order more"


def test_a_message_that_is_a_list_is_joined() -> None:
    row = json.dumps({"message": ["Row 1", ["Row 2", "b"]], "as_list": True, "raise_exception": 1})
    assert error_of(answer(417, {"_server_messages": json.dumps([row])})).message == "Row 1. Row 2. b"


@pytest.mark.parametrize("broken", ["not json", "[not json", 7, ["{broken"], [7], None, "{}", '["plain text"]'])
def test_broken_server_messages_never_hide_the_error(broken: Any) -> None:
    error = error_of(answer(417, {"_server_messages": broken, "exception": "frappe.exceptions.ValidationError: why"}))
    assert type(error) is Refused
    assert error.message in ("why", "plain text", "{broken")


def test_a_token_is_never_repeated() -> None:
    """Frappe quotes the refresh token it does not know."""
    text = "OAuth Bearer Token {'refresh_token': 'kGm3v9hVxYsecretX', 'status': 'Active'} not found"
    body = {**said(text), "exc_type": "DoesNotExistError", "exception": f"frappe.exceptions.DoesNotExistError: {text}"}
    for content in (body, {"exception": body["exception"]}, {"error": "x", "error_description": "access_token=abc123"}):
        error = error_of(answer(404, content))
        assert "kGm3v9hVxYsecretX" not in repr(error.as_dict())
        assert "abc123" not in repr(error.as_dict())


@pytest.mark.parametrize("read", [replies.data, replies.message, replies.json_object])
def test_a_page_with_status_200_is_not_an_answer(read: Any) -> None:
    """Frappe 14 answers errors so when a proxy changes Accept; captive portals answer so as well."""
    with pytest.raises(NotFrappe):
        read(answer(200, PAGE))
    with pytest.raises(NotFrappe):
        read(answer(200, b"[1]"))


def test_an_app_that_is_not_installed_is_a_missing_method() -> None:
    text = "App nope is not installed", "Failed to get method for command nope.x with App nope is not installed"
    assert type(error_of(answer(417, {**said(*text), "exc_type": "ValidationError"}))) is MethodNotFound


def test_the_caller_may_say_what_is_missing() -> None:
    assert type(error_of(answer(404), not_found=DocumentNotFound)) is DocumentNotFound
    assert type(error_of(answer(417, said("x")), refused=BadRequest)) is BadRequest


def test_a_body_that_is_good_gives_its_value() -> None:
    assert replies.data(answer(200, {"data": [1]})) == [1]
    assert replies.message(answer(200, {"message": "pong"})) == "pong"
    assert replies.message(answer(200, {})) is None
