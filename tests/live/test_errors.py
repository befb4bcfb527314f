"""What goes wrong on this site becomes the right error, with words for people."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from erpnext_connector import ApiKey, Bearer, Client, Secret
from erpnext_connector.errors import (
    BadRequest,
    CodeRefused,
    ConnectorError,
    CredentialsRefused,
    DocTypeNotFound,
    DocumentNotFound,
    DuplicateName,
    GrantLost,
    LinkedDocument,
    LinkInvalid,
    MandatoryMissing,
    MethodNotFound,
    PermissionDenied,
    Refused,
)
from erpnext_connector.oauth.grant import exchange_code, refresh, revoke
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet

from .access import Access, need_a_site
from .made import Made

need_a_site()
pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

INVENTED = Secret("invented0123456789abcdefghijkl")


def assert_speaks_to_people(error: ConnectorError) -> None:
    assert error.message
    assert error.hint
    assert not set("<>") & set(error.message), "it holds HTML"
    assert "Traceback" not in error.message
    assert INVENTED.reveal() not in str(error.as_dict())


Ask = Callable[[], object]


def assert_raises(expected: type[ConnectorError], ask: Ask) -> None:
    with pytest.raises(expected) as raised:
        ask()
    assert_speaks_to_people(raised.value)


def test_what_is_not_there(client: Any) -> None:
    assert_raises(DocumentNotFound, lambda: client.get("Item", "no such / 50%"))
    assert_raises(DocumentNotFound, lambda: client.delete("Item", "no such / 50%"))
    assert_raises(DocumentNotFound, lambda: client.update("Item", "no such / 50%", {"item_name": "x"}))
    assert_raises(DocTypeNotFound, lambda: client.rows("No Such DocType"))
    assert_raises(DocTypeNotFound, lambda: client.insert("No Such DocType", {"a": 1}))
    assert_raises(MethodNotFound, lambda: client.call("frappe.no_such_method"))
    assert_raises(MethodNotFound, lambda: client.call("no_such_app.method"))


def test_what_erpnext_refuses_to_save(client: Any, made: Made) -> None:
    item, to_do = made.item("Refused"), made.to_do("Refused")
    again = {name: item[name] for name in ("item_code", "item_group", "stock_uom")}
    assert_raises(DuplicateName, lambda: made.note(client.insert("Item", again)))
    assert_raises(MandatoryMissing, lambda: made.note(client.insert("ToDo", {})))
    assert_raises(LinkInvalid, lambda: client.update(item, {"item_group": "no such"}))
    assert_raises(Refused, lambda: client.update(to_do, {"priority": "no such"}))
    assert_raises(BadRequest, lambda: client.rows("Item", filters={"no_such_field": 1}))


def test_what_others_refer_to_is_not_deleted(client: Any, made: Made) -> None:
    if made.order_doctype() is None:
        pytest.skip("the site has neither Quotation nor Sales Invoice")
    customer = made.customer("Referred to")
    order = made.order(customer, [made.item("Referred to")])
    with pytest.raises(LinkedDocument) as raised:
        client.delete("Customer", customer["name"])
    assert order["name"] in raised.value.message
    assert_speaks_to_people(raised.value)


def test_nobody_may_read(access: Access) -> None:
    with Client(access.url) as guest:
        assert_raises(PermissionDenied, lambda: guest.list("Item").all())
        assert_raises(PermissionDenied, lambda: guest.get("User", "Administrator"))
        assert_raises(PermissionDenied, guest.logged_user)


@pytest.mark.parametrize("credentials", [ApiKey("invented", INVENTED), Bearer(INVENTED)], ids=["key", "token"])
def test_invented_credentials_are_refused(access: Access, credentials: ApiKey | Bearer) -> None:
    with Client(access.url, credentials) as client:
        assert_raises(CredentialsRefused, lambda: client.get("Item", "x"))


def test_invented_codes_and_tokens_are_told_apart_from_a_site_in_trouble(access: Access) -> None:
    if reason := access.missing("ERPNEXT_CLIENT_ID"):
        pytest.skip(reason)
    secret = Secret(access.client_secret) if access.client_secret else None
    app = OAuthClient(access.client_id, secret, f"{access.app_url}/erpnext/callback")
    tokens = TokenSet(access=INVENTED, refresh=INVENTED, expires_at=0.0, scope="all openid")
    with Client(access.url) as nobody:
        assert_raises(CodeRefused, lambda: nobody.send(exchange_code(app, INVENTED, INVENTED, time.time)))
        assert_raises(GrantLost, lambda: nobody.send(refresh(app, tokens, time.time)))
        nobody.send(revoke(app, INVENTED))
