import base64

import pytest

from erpnext_connector.sandbox import oauth, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.faults import Fault
from erpnext_connector.sandbox.http import Request
from tests.unit.sandbox.browsing import (
    CALLBACK,
    S256,
    VERIFIER,
    Browser,
    alive,
    body,
    call,
    callback,
    claims,
    dead,
    get_token,
    location,
)


@pytest.fixture
def browser(site):
    return Browser(site)


def test_a_guest_is_sent_to_login_with_the_way_back(site):
    response = call(
        site, "authorize", query={"redirect_uri": CALLBACK}, query_string="redirect_uri=http%3A%2F%2Fx&s=a+b"
    )
    assert response.status == 302
    assert location(response) == (
        "/login?redirect-to=http%3A%2F%2Ferp.test%2Fapi%2Fmethod%2Ffrappe.integrations.oauth2.authorize"
        "%3Fredirect_uri%3Dhttp%3A%2F%2Fx%26s%3Da%2Bb"
    )


def test_the_consent_page_leads_to_approve_or_back_without_state(browser):
    page = browser.authorize(state="st").body.decode()
    assert "Confirm Access" in page
    assert f'data-leads-to="{CALLBACK}?error=access_denied"' in page
    assert "/api/method/frappe.integrations.oauth2.approve?client_id=" in page
    for detail in ("All", "Full Name", "Email", "User Image", "Roles"):
        assert f"<li>{detail}</li>" in page


def test_a_trusted_client_is_not_asked_about(site, browser):
    browser.client = records.find(site, "OAuth Client", app_name="Trusted")[0]
    assert location(browser.authorize()).startswith("/api/method/frappe.integrations.oauth2.approve?client_id=")


def test_the_code_comes_back_with_the_state_and_blanks_as_plus(browser):
    response = browser.approve(state="a b&c")
    assert len(callback(response)["code"]) == 30
    assert location(response).endswith("&state=a+b%26c")


def test_errors_strand_the_person_on_this_host(browser):
    response = browser.authorize(redirect_uri="https://evil.example.com/cb")
    assert response.status == 400
    expected = {"description": "Mismatching redirect URI.", "status_code": 400, "error": "invalid_request"}
    assert body(response) == expected


def test_a_missing_redirect_uri_breaks_frappe_until_16(make_site):
    with pytest.raises(FrappeError) as caught:
        Browser(make_site(15)).authorize(redirect_uri=None)
    assert (caught.value.exc_type, caught.value.status) == ("KeyError", 500)
    assert Browser(make_site(16)).authorize(redirect_uri=None).status == 200
    assert location(Browser(make_site(15)).approve(redirect_uri=None)).startswith(CALLBACK)


def test_a_user_without_one_of_the_clients_roles_is_refused(site, browser):
    records.change(site, "OAuth Client Role", records.find(site, "OAuth Client Role")[0]["name"], role="Stock User")
    assert body(browser.authorize())["description"] == "Invalid client_id parameter value."


def test_the_codes_user_is_the_one_of_the_cookie(site, browser):
    browser.cookies["user_id"] = "stock%40example.com"
    code = browser.code()
    assert records.read(site, "OAuth Authorization Code", code)["user"] == "stock@example.com"
    del browser.cookies["user_id"]
    with pytest.raises(FrappeError, match="user_id"):
        browser.approve()


def test_a_code_gives_tokens_with_an_id_token(browser):
    token = browser.sign_in()
    assert list(token) == ["access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"]
    assert (token["expires_in"], token["token_type"], token["scope"]) == (3600, "Bearer", "all openid")
    assert len(token["access_token"]) == len(token["refresh_token"]) == 30
    assert alive(browser.site, token["access_token"]) == "sales@example.com"


def test_the_id_token_tells_who_it_is_for(browser):
    said = claims(body(browser.redeem(browser.code(nonce="n-1")))["id_token"])
    assert said["aud"] == browser.client["name"]
    assert said["nonce"] == "n-1"
    assert said["exp"] == said["iat"] + 3600
    assert (said["iss"], said["email"], said["name"]) == ("http://erp.test", "sales@example.com", "Sally Example")
    assert said["roles"] == ["All", "Guest", "Desk User"]
    assert len(said["sub"]) == 39


def test_without_the_scope_openid_there_is_no_id_token(browser):
    assert "id_token" not in body(browser.redeem(browser.code(scope="all")))


def test_the_secret_is_never_checked(browser):
    assert browser.redeem(browser.code(), client_secret="wrong").status == 200


def test_a_code_is_redeemed_once(browser):
    code = browser.code()
    assert browser.redeem(code).status == 200
    assert (browser.redeem(code).status, body(browser.redeem(code))) == (400, {"error": "invalid_grant"})


def test_a_code_never_grows_old(browser):
    code = browser.code()
    browser.site.clock.seconds += 2 * 86_400
    assert browser.redeem(code).status == 200


def test_a_code_of_another_client_is_refused(site, browser):
    trusted = records.find(site, "OAuth Client", app_name="Trusted")[0]["name"]
    assert body(browser.redeem(browser.code(), client_id=trusted)) == {"error": "invalid_grant"}


def test_a_wrong_redirect_uri_leaves_the_code_alone(browser):
    code = browser.code()
    refused = browser.redeem(code, redirect_uri="https://evil.example.com/")
    assert body(refused) == {"error": "invalid_request", "error_description": "Mismatching redirect URI."}
    assert browser.redeem(code, redirect_uri=None).status == 200


def test_a_wrong_verifier_may_be_corrected(browser):
    code = browser.code(**S256)
    assert body(browser.redeem(code, code_verifier="wrong" * 10)) == {"error": "invalid_grant"}
    assert browser.redeem(code, code_verifier=VERIFIER).status == 200


def test_a_missing_verifier_costs_the_code(browser):
    code = browser.code(**S256)
    assert body(browser.redeem(code)) == {"error": "invalid_grant"}
    assert body(browser.redeem(code, code_verifier=VERIFIER)) == {"error": "invalid_grant"}


def test_refreshing_gives_a_new_pair_and_leaves_the_old_one_alive(browser):
    old = browser.sign_in()
    new = body(get_token(browser.site, grant_type="refresh_token", refresh_token=old["refresh_token"]))
    assert list(new) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert alive(browser.site, old["access_token"]) == alive(browser.site, new["access_token"])
    again = get_token(browser.site, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert again.status == 200


def test_a_refreshed_token_may_have_fewer_scopes_but_no_others(browser):
    refresh = {"grant_type": "refresh_token", "refresh_token": browser.sign_in()["refresh_token"]}
    assert body(get_token(browser.site, **refresh, scope="openid"))["scope"] == "openid"
    assert body(get_token(browser.site, **refresh, scope="openid admin")) == {"error": "invalid_scope"}


@pytest.mark.parametrize(
    ("frappe", "exc_type", "status"),
    [(14, "DoesNotExistError", 404), (15, "DoesNotExistError", 404), (16, "PermissionError", 403)],
)
def test_a_dead_refresh_token_is_not_an_invalid_grant(make_site, frappe, exc_type, status):
    browser = Browser(make_site(frappe))
    with pytest.raises(FrappeError) as caught:
        get_token(browser.site, grant_type="refresh_token", refresh_token="nope", client_id=browser.client["name"])
    assert (caught.value.exc_type, caught.value.status) == (exc_type, status)
    with pytest.raises(FrappeError) as caught:
        browser.redeem("code", client_id="nope")
    assert caught.value.status == status


def test_only_a_form_body_by_post_is_read(site):
    refused = call(site, "get_token")
    assert (refused.status, body(refused)["description"]) == (400, "Unsupported request method GET")
    with_query = call(site, "get_token", "POST", query={"x": "1"})
    assert body(with_query)["description"] == "URL query parameters are not allowed"
    as_json = call(site, "get_token", "POST", json={"grant_type": "refresh_token"}, raw_body=b"{}")
    assert body(as_json) == {"error": "unsupported_grant_type"}


def test_a_stale_cookie_or_a_bearer_token_spoils_the_token_endpoint(browser):
    form = {"grant_type": "authorization_code", "code": "x", "client_id": browser.client["name"]}
    stale = call(browser.site, "get_token", "POST", form=form, cookies={"user_id": "sales%40example.com"})
    assert (stale.status, body(stale)) == (400, {"error": "invalid_client"})
    bearer = {"authorization": f"Bearer {browser.sign_in()['access_token']}"}
    assert body(call(browser.site, "get_token", "POST", form=form, headers=bearer)) == {"error": "invalid_client"}


def test_basic_is_taken_for_an_api_key(browser):
    basic = base64.b64encode(f"{browser.client['name']}:{browser.client['client_secret']}".encode()).decode()
    with pytest.raises(FrappeError) as caught:
        call(browser.site, "get_token", "POST", headers={"authorization": f"Basic {basic}"})
    assert caught.value.status == 401


def test_a_token_request_without_any_client_breaks(site):
    with pytest.raises(FrappeError, match="split") as caught:
        get_token(site, grant_type="authorization_code", code="x")
    assert (caught.value.exc_type, caught.value.status) == ("AttributeError", 500)


def test_the_password_grant_works_and_client_credentials_do_not(browser):
    client = {"client_id": browser.client["name"]}
    login = {"username": "sales@example.com", "password": "right", "scope": "openid"}
    token = body(get_token(browser.site, grant_type="password", **client, **login))
    assert (token["scope"], "id_token" in token) == ("openid", False)
    with pytest.raises(FrappeError):
        get_token(browser.site, grant_type="password", **client, username="sales@example.com", password="wrong")
    assert body(get_token(browser.site, grant_type="client_credentials", **client)) == {"error": "unauthorized_client"}


def test_revoking_the_access_token_kills_the_pair(browser):
    token = browser.sign_in()
    revoked = call(browser.site, "revoke_token", "POST", form={"token": token["access_token"]})
    assert (revoked.status, body(revoked)) == (200, {})
    assert dead(browser.site, token["access_token"])
    with pytest.raises(FrappeError):
        get_token(browser.site, grant_type="refresh_token", refresh_token=token["refresh_token"])


def test_a_refresh_token_is_only_revoked_with_its_hint(browser):
    token = browser.sign_in()
    form = {"token": token["refresh_token"], "client_id": browser.client["name"]}
    assert call(browser.site, "revoke_token", "POST", form=form).status == 200
    assert alive(browser.site, token["access_token"])
    call(browser.site, "revoke_token", "POST", form=form | {"token_type_hint": "refresh_token"})
    assert dead(browser.site, token["access_token"])


def test_revoking_needs_a_token_a_post_and_no_bearer(browser):
    token = browser.sign_in()["access_token"]
    assert call(browser.site, "revoke_token", "POST").status == 400
    assert call(browser.site, "revoke_token").status == 400
    bearer = {"authorization": f"Bearer {token}"}
    assert call(browser.site, "revoke_token", "POST", form={"token": token}, headers=bearer).status == 401
    assert alive(browser.site, token)
    with pytest.raises(FrappeError):
        call(browser.site, "revoke_token", "POST", form={"token": "nope"})


def test_introspection_calls_an_expired_token_active(browser):
    token = browser.sign_in()["access_token"]
    browser.site.clock.seconds += 4000
    said = body(call(browser.site, "introspect_token", "POST", form={"token": token}))
    assert said["active"] is True
    assert said["email"] == "sales@example.com"
    assert said["exp"] - round(browser.site.clock.seconds) == 3600 - 4000 + 19_800
    assert dead(browser.site, token)


def test_introspection_knows_nothing_of_an_unknown_token(site):
    said = body(call(site, "introspect_token", "POST", form={"token": "nope"}))
    assert said["active"] is False
    assert "OAuth Bearer Token {'access_token': 'nope'} not found" in said["_server_messages"]


def test_userinfo_needs_a_bearer_token(browser):
    token = browser.sign_in()["access_token"]
    said = body(call(browser.site, "openid_profile", headers={"authorization": f"Bearer {token}"}))
    assert list(said) == ["sub", "name", "given_name", "family_name", "email", "picture", "roles", "iss"]
    with pytest.raises(FrappeError) as caught:
        call(browser.site, "openid_profile", cookies=browser.cookies)
    assert caught.value.status == 404


def test_the_person_revokes_an_app_with_all_of_its_tokens(browser):
    mine, other = browser.sign_in(), Browser(browser.site, "stock@example.com").sign_in()
    request = Request("POST", "/", form={"client_id": browser.client["name"]})
    oauth.delete_client(browser.site, request, "sales@example.com")
    assert dead(browser.site, mine["access_token"])
    assert alive(browser.site, other["access_token"]) == "stock@example.com"


def test_tokens_can_be_made_to_expire_soon(browser):
    browser.site.faults.add(Fault("token_seconds", seconds=2))
    token = browser.sign_in()
    assert token["expires_in"] == 2
    assert alive(browser.site, token["access_token"])
    browser.site.clock.seconds += 3
    assert dead(browser.site, token["access_token"])


def test_frappe_16_registers_clients_by_themselves(make_site):
    site = make_site(16)
    metadata = {"client_name": "New", "redirect_uris": ["http://a/cb", "http://b/cb"]}
    response = call(site, "register_client", "POST", json=metadata)
    said = body(response)
    assert (response.status, said["scope"], said["grant_types"]) == (201, "all", ["authorization_code"])
    assert records.read(site, "OAuth Client", said["client_id"])["client_secret"] == said["client_secret"]
    public = body(call(site, "register_client", "POST", json=metadata | {"token_endpoint_auth_method": "none"}))
    assert "client_secret" not in public
    refused = call(site, "register_client", "POST", json={"client_name": "New"})
    assert (refused.status, body(refused)["error"]) == (400, "invalid_client_metadata")
    assert call(site, "register_client", "POST").status == 415
