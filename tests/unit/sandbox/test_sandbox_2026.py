"""The hardened line of 2026, as frappe-protocol describes it."""

import base64
import hashlib
import json
import re

import pytest

from erpnext_connector.sandbox import accounts, client_proof, oauth, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from tests.unit.sandbox.browsing import (
    CALLBACK,
    CHALLENGE,
    S256,
    VERIFIER,
    Browser,
    alive,
    body,
    call,
    callback,
    dead,
    get_token,
)


class HardenedBrowser(Browser):
    """Allows by the consent page's form; the app proves itself by the secret in the body, without PKCE."""

    def __init__(self, site, user="sales@example.com", method="Client Secret Post"):
        super().__init__(site, user)
        self.register(method)

    def register(self, method):
        records.change(self.site, "OAuth Client", self.client["name"], token_endpoint_auth_method=method)

    @property
    def proof(self):
        return {"client_id": self.client["name"], "client_secret": self.client["client_secret"]}

    def approve(self, **changes):
        asked = self.asked(**changes)
        page = call(self.site, "authorize", query=asked, cookies=self.cookies).body.decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return call(self.site, "approve", "POST", query=asked, form={"csrf_token": token}, cookies=self.cookies)

    def redeem(self, code, **changes):
        return super().redeem(code, **({"client_secret": self.client["client_secret"]} | changes))

    def refresh(self, token, **changes):
        form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], **self.proof}
        return get_token(self.site, **(form | changes))


def basic(name, secret):
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask_token(site, form, headers):
    """Ask the token endpoint with a header, through the same door as a request does."""
    return call(site, "get_token", "POST", form=form, headers=headers)


@pytest.fixture
def site(make_site):
    return make_site(2026)


@pytest.fixture
def browser(site):
    return HardenedBrowser(site)


def test_a_public_client_has_to_send_a_challenge_by_s256(browser):
    browser.register("None")
    assert body(browser.authorize())["description"] == "Code challenge required."
    plain = browser.authorize(code_challenge=VERIFIER, code_challenge_method="plain")
    assert (plain.status, body(plain)["description"]) == (400, "Transform algorithm not supported.")
    assert body(browser.authorize(code_challenge=VERIFIER))["description"] == "Transform algorithm not supported."
    assert browser.authorize(**S256).status == 200


def test_a_public_client_redeems_its_code_by_the_verifier_alone(browser):
    browser.register("None")
    assert body(browser.redeem(browser.code(**S256), code_verifier=VERIFIER)) == {"error": "invalid_client"}
    token = body(browser.redeem(browser.code(**S256), code_verifier=VERIFIER, client_secret=None))
    assert alive(browser.site, token["access_token"]) == "sales@example.com"


def test_a_client_with_a_secret_may_do_without_pkce_but_not_with_plain(browser):
    assert "access_token" in browser.sign_in()
    assert browser.authorize(code_challenge=CHALLENGE, code_challenge_method="plain").status == 400


@pytest.mark.parametrize("secret", [None, "wrong", ""])
def test_the_secret_in_the_body_is_checked(browser, secret):
    refused = browser.redeem(browser.code(), client_secret=secret)
    assert (refused.status, body(refused)) == (400, {"error": "invalid_client"})


def test_a_client_registered_for_basic_has_to_use_it(browser):
    browser.register("Client Secret Basic")
    code = browser.code()
    assert body(browser.redeem(code)) == {"error": "invalid_client"}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    wrong = ask_token(browser.site, form, basic(browser.client["name"], "wrong"))
    assert (wrong.status, body(wrong)) == (400, {"error": "invalid_client"})
    right = basic(browser.client["name"], browser.client["client_secret"])
    mixed = ask_token(browser.site, form | {"client_secret": browser.client["client_secret"]}, right)
    assert body(mixed) == {"error": "invalid_client"}
    assert ask_token(browser.site, form | {"client_id": "another"}, right).status == 400
    assert ask_token(browser.site, form, right).status == 200


def test_basic_that_is_no_base64_is_an_unknown_client(browser):
    browser.register("Client Secret Basic")
    assert ask_token(browser.site, {"grant_type": "refresh_token", "refresh_token": "x"}, basic("", "")).status == 400
    broken = {"authorization": "Basic ?"}
    assert body(ask_token(browser.site, {"grant_type": "refresh_token", "refresh_token": "x"}, broken)) == {
        "error": "invalid_client"
    }


def test_basic_is_an_api_key_everywhere_else(site):
    request = Request("GET", "/api/resource/Item", headers=basic("client", "secret"))
    with pytest.raises(FrappeError) as caught:
        accounts.authenticate(site, request)
    assert caught.value.status == 401


def test_a_registered_method_left_empty_means_basic(browser):
    records.change(browser.site, "OAuth Client", browser.client["name"], token_endpoint_auth_method=None)
    request = Request("POST", "/", form=browser.proof)
    with pytest.raises(client_proof.Refusal):
        client_proof.client_of(browser.site, request, "Guest")


def test_a_missing_verifier_may_be_sent_later(browser):
    code = browser.code(**S256)
    refused = body(browser.redeem(code))
    assert refused == {"error": "invalid_request", "error_description": "Code verifier required."}
    assert body(browser.redeem(code, code_verifier="wrong" * 10)) == {"error": "invalid_grant"}
    assert browser.redeem(code, code_verifier=VERIFIER).status == 200


def test_who_revokes_a_token_has_to_prove_the_client_too(browser):
    token = browser.sign_in()["access_token"]
    refused = call(browser.site, "revoke_token", "POST", form={"token": token})
    assert (refused.status, body(refused)) == (401, {})
    assert alive(browser.site, token)


def test_introspection_still_asks_for_no_proof_and_reads_basic_as_an_api_key(browser):
    token = browser.sign_in()["access_token"]
    assert body(call(browser.site, "introspect_token", "POST", form={"token": token}))["active"] is True
    with pytest.raises(FrappeError) as caught:
        call(browser.site, "introspect_token", "POST", form={"token": token}, headers=basic("a", "b"))
    assert caught.value.status == 401


def test_refreshing_kills_the_old_pair(browser):
    old = browser.sign_in()
    new = body(browser.refresh(old))
    assert alive(browser.site, new["access_token"]) == "sales@example.com"
    assert dead(browser.site, old["access_token"])
    again = browser.refresh(old)
    assert (again.status, body(again)) == (400, {"error": "invalid_grant"})
    assert browser.refresh(new).status == 200


def test_a_refresh_token_is_its_clients_alone(site, browser):
    token = browser.sign_in()
    other = records.find(site, "OAuth Client", app_name="Trusted")[0]
    records.change(site, "OAuth Client", other["name"], token_endpoint_auth_method="Client Secret Post")
    stolen = browser.refresh(token, client_id=other["name"], client_secret=other["client_secret"])
    assert (stolen.status, body(stolen)) == (400, {"error": "invalid_grant"})
    assert browser.refresh(token).status == 200


@pytest.mark.parametrize("how", ["unknown", "revoked app", "revoked token"])
def test_a_dead_refresh_token_is_an_invalid_grant(browser, how):
    token = browser.sign_in()
    if how == "revoked app":
        request = Request("POST", "/", form={"client_id": browser.client["name"]})
        oauth.delete_client(browser.site, request, "sales@example.com")
    if how == "revoked token":
        revoked = call(browser.site, "revoke_token", "POST", form={"token": token["access_token"], **browser.proof})
        assert revoked.status == 200
    if how == "unknown":
        token["refresh_token"] = "nope"
    refused = browser.refresh(token)
    assert (refused.status, body(refused)) == (400, {"error": "invalid_grant"})


def test_an_unknown_client_is_an_invalid_client(browser):
    refused = browser.refresh(browser.sign_in(), client_id="nope")
    assert (refused.status, body(refused)) == (400, {"error": "invalid_client"})


def test_the_database_holds_hashes_of_tokens(site, browser):
    token = browser.sign_in()
    row = records.find(site, "OAuth Bearer Token")[0]
    assert row["access_token"] == hashlib.sha256(token["access_token"].encode()).hexdigest()
    assert row["refresh_token"] == hashlib.sha256(token["refresh_token"].encode()).hexdigest()
    assert token["access_token"] not in json.dumps(row)
    assert row["name"] not in (token["access_token"], row["access_token"])
    assert dead(site, row["name"])
    assert dead(site, row["access_token"])


@pytest.mark.parametrize("method", ["get_token", "revoke_token", "introspect_token", "approve"])
def test_what_changes_something_is_by_post_alone(browser, method):
    with pytest.raises(FrappeError) as caught:
        call(browser.site, method, query=browser.asked(), cookies=browser.cookies)
    assert (caught.value.exc_type, caught.value.status) == ("PermissionError", 403)


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_code_is_only_given_to_who_saw_the_consent_page(browser, token):
    with pytest.raises(FrappeError) as caught:
        call(
            browser.site,
            "approve",
            "POST",
            query=browser.asked(),
            form={"csrf_token": token} if token else {},
            cookies=browser.cookies,
        )
    assert (caught.value.exc_type, caught.value.status) == ("CSRFTokenError", 400)
    assert records.find(browser.site, "OAuth Authorization Code") == []


def test_a_bearer_token_cannot_stand_in_for_the_consent_page(browser):
    token = browser.sign_in()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    with pytest.raises(FrappeError) as caught:
        call(browser.site, "approve", "POST", query=browser.asked(), headers=headers)
    assert caught.value.exc_type == "CSRFTokenError"


def test_the_codes_user_is_the_sessions_whatever_the_cookie_says(site, browser):
    browser.cookies["user_id"] = "stock%40example.com"
    assert records.read(site, "OAuth Authorization Code", browser.code())["user"] == "sales@example.com"


def test_a_trusted_client_gets_its_code_at_once(site, browser):
    records.change(site, "OAuth Client", browser.client["name"], skip_authorization=1)
    returned = callback(browser.authorize(state="s"))
    assert returned["state"] == "s"
    assert browser.redeem(returned["code"]).status == 200


def test_consent_is_skipped_for_the_same_person_and_the_same_app_alone(site, browser):
    site.write_single("OAuth Settings", {"name": "OAuth Settings", "skip_authorization": 1})
    assert browser.authorize().status == 200
    browser.sign_in()
    assert browser.authorize().status == 302
    assert HardenedBrowser(site, "stock@example.com").authorize().status == 200
    other = records.find(site, "OAuth Client", app_name="Trusted")[0]
    records.change(site, "OAuth Client", other["name"], skip_authorization=0)
    assert browser.authorize(client_id=other["name"]).status == 200


def test_the_password_grant_is_gone(browser):
    form = {"grant_type": "password", "username": "sales@example.com", "password": "right", **browser.proof}
    refused = get_token(browser.site, **form)
    assert (refused.status, body(refused)) == (400, {"error": "unsupported_grant_type"})


def test_a_disabled_users_token_is_dead_until_the_user_is_enabled_again(site, browser):
    token = browser.sign_in()["access_token"]
    records.change(site, "User", "sales@example.com", enabled=0)
    assert dead(site, token)
    records.change(site, "User", "sales@example.com", enabled=1)
    assert alive(site, token) == "sales@example.com"


def test_userinfo_tells_of_the_tokens_owner_whoever_is_signed_in(browser):
    token = browser.sign_in()["access_token"]
    cookies = {"sid": browser.site.sessions.start("stock@example.com").sid}
    said = call(browser.site, "openid_profile", headers={"authorization": f"Bearer {token}"}, cookies=cookies)
    assert body(said)["email"] == "sales@example.com"


@pytest.mark.parametrize(
    ("doctype", "change"),
    [("OAuth Bearer Token", {"status": "Revoked"}), ("User", {"enabled": 0}), ("OAuth Client", {"scopes": "all"})],
)
def test_userinfo_takes_the_token_from_the_form_while_it_is_good(site, browser, doctype, change):
    form = {"access_token": browser.sign_in()["access_token"]}
    assert body(call(site, "openid_profile", "POST", form=form))["email"] == "sales@example.com"
    row = records.find(site, "OAuth Bearer Token")[0]
    name = {"OAuth Bearer Token": row["name"], "User": row["user"], "OAuth Client": row["client"]}[doctype]
    records.change(site, doctype, name, **change)
    refused = call(site, "openid_profile", "POST", form=form)
    assert (refused.status, body(refused)["error"]) == (401, "invalid_token")


def test_guests_may_ask_for_userinfo_since_2026_alone(make_asker):
    path = "/api/method/frappe.integrations.oauth2.openid_profile"
    assert make_asker(16).raw("GET", path, user="Guest").status == 403
    assert make_asker(2026).raw("GET", path, user="Guest").status == 401


def test_a_good_token_makes_up_for_a_missing_csrf_token(site, browser):
    token = browser.sign_in()["access_token"]
    cookies = {"sid": site.sessions.protect(site.sessions.start("sales@example.com")).sid}
    request = Request("POST", "/api", headers={"authorization": f"Bearer {token}"}, cookies=cookies)
    assert accounts.authenticate(site, request) == "sales@example.com"
    with pytest.raises(FrappeError, match="Invalid Request"):
        accounts.authenticate(site, Request("POST", "/api", cookies=cookies))


def test_metadata_names_every_way_to_prove_a_client(make_asker):
    _, said = make_asker(2026).ask("GET", "/.well-known/oauth-authorization-server", user="Guest")
    methods = said["token_endpoint_auth_methods_supported"]
    assert methods == ["none", "client_secret_basic", "client_secret_post"]


def test_new_secrets_are_long(site):
    client = records.add(site, {"doctype": "OAuth Client", "app_name": "New", "scopes": "all"})
    assert len(client["client_secret"]) == 56
    assert client["token_endpoint_auth_method"] == "Client Secret Basic"
