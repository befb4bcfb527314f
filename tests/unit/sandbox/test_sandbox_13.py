"""Frappe 13, as frappe-protocol describes it: no recording of it exists."""

import json

import pytest

from erpnext_connector.sandbox import accounts, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from tests.unit.sandbox.browsing import S256, VERIFIER, Browser, alive, body, claims, get_token

WHO = "/api/method/frappe.auth.get_logged_user"


@pytest.fixture
def site(make_site):
    return make_site(13)


@pytest.fixture
def browser(site):
    return Browser(site)


@pytest.fixture
def asker(make_asker):
    return make_asker(13)


def bearing(asker, path, header):
    answer = asker.raw("GET", path, user="Guest", headers={"authorization": header})
    return answer.status, json.loads(answer.body)


def give_key(site):
    records.change(site, "User", "sales@example.com", api_key="key")
    site.keep_password("User", "sales@example.com", "api_secret", "secret")


@pytest.mark.parametrize("scheme", ["Bearer", "token"])
def test_who_brings_a_dead_token_is_a_guest(asker, scheme):
    assert bearing(asker, "/api/method/ping", f"{scheme} nope") == (200, {"message": "pong"})
    status, said = bearing(asker, WHO, f"{scheme} nope")
    assert (status, "not whitelisted" in said["_server_messages"]) == (403, True)
    assert bearing(asker, "/api/resource/Item", f"{scheme} nope")[0] == 403


def test_an_expired_token_leaves_a_guest_and_its_refresh_goes_on(browser):
    token = browser.sign_in()
    browser.site.clock.seconds += 3601
    assert alive(browser.site, token["access_token"]) == "Guest"
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    new = body(get_token(browser.site, **form, client_id=browser.client["name"]))
    assert alive(browser.site, new["access_token"]) == "sales@example.com"


def test_an_unknown_refresh_token_is_not_found(browser):
    with pytest.raises(FrappeError) as caught:
        get_token(browser.site, grant_type="refresh_token", refresh_token="nope", client_id=browser.client["name"])
    assert (caught.value.exc_type, caught.value.status) == ("DoesNotExistError", 404)


def test_any_scheme_carries_a_token(browser):
    token = browser.sign_in()["access_token"]
    request = Request("GET", "/", headers={"authorization": f"token {token}"})
    assert accounts.authenticate(browser.site, request) == "sales@example.com"


def test_a_wrong_api_secret_leaves_a_guest_but_an_unknown_key_is_refused(site):
    give_key(site)
    wrong = Request("GET", "/", headers={"authorization": "token key:wrong"})
    assert accounts.authenticate(site, wrong) == "Guest"
    with pytest.raises(FrappeError) as caught:
        accounts.authenticate(site, Request("GET", "/", headers={"authorization": "token other:secret"}))
    assert caught.value.status == 401
    right = Request("GET", "/", headers={"authorization": "token key:secret"})
    assert accounts.authenticate(site, right) == "sales@example.com"


def test_the_id_token_never_expires(browser):
    token = body(browser.redeem(browser.code(**S256), code_verifier=VERIFIER))
    assert "exp" not in claims(token["id_token"])


def test_a_client_is_everybodys_and_consent_lists_its_scopes_by_name(browser):
    assert browser.client.get("allowed_roles") is None
    page = browser.authorize().body.decode()
    assert "<li>All</li>" in page
    assert "<li>Openid</li>" in page
    assert "Full Name" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/api/v2/method/ping",
        "/api/v1/method/ping",
    ],
)
def test_it_has_neither_discovery_nor_version_2(asker, path):
    said = asker.raw("GET", path).body
    assert b"pong" not in said
    assert b"token_endpoint" not in said


def test_search_link_gives_results(asker):
    status, said = asker.ask("GET", "/api/method/frappe.desk.search.search_link", doctype="Item", txt="Dextrose")
    assert (status, list(said)) == (200, ["results"])
    assert said["results"][0]["value"] == "50% Dextrose"


def test_rest_works_as_at_14(asker):
    made = {"uom_name": "Hogshead"}
    assert asker.ask("POST", "/api/resource/UOM", user="Administrator", json_body=made)[0] == 200
    deleted = asker.ask("DELETE", "/api/resource/UOM/Hogshead", user="Administrator")
    assert deleted == (202, {"message": "ok"})
    status, said = asker.client("validate_link", doctype="Item", docname="50% Dextrose", fields=["item_name"])
    assert (status, said["message"]["name"]) == (200, "50% Dextrose")


def test_it_says_its_version(asker):
    _, said = asker.ask("GET", "/api/method/frappe.utils.change_log.get_versions")
    assert said["message"]["frappe"]["version"].startswith("13.")


def test_a_webhook_names_itself_and_has_no_timeout(asker):
    webhook = {"webhook_doctype": "Item", "webhook_docevent": "on_update", "request_url": "http://a/", "timeout": 9}
    webhook |= {"request_method": "POST", "enabled": 1}
    status, said = asker.ask("POST", "/api/resource/Webhook", user="Administrator", json_body=webhook)
    assert (status, said["data"]["name"][:5]) == (200, "HOOK-")
    assert "timeout" not in said["data"]
