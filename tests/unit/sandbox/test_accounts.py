import base64
import json

import pytest

from erpnext_connector.sandbox import accounts, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request


def login(site, password="right", user="sales@example.com", **headers):
    request = Request("POST", "/api/method/login", form={"usr": user, "pwd": password}, headers=headers)
    return accounts.login(site, request, "Guest")


def signed_in(site):
    """The cookies of a browser that signed in."""
    cookies = [value.split(";")[0].split("=", 1) for name, value in login(site).headers if name == "set-cookie"]
    return dict(cookies)


def user_of(site, authorization=None, cookies=None, method="GET", **request):
    headers = {"authorization": authorization} if authorization else {}
    headers |= request.pop("headers", {})
    return accounts.authenticate(site, Request(method, "/api", headers=headers, cookies=cookies or {}, **request))


def refused(site, *arguments, **keywords):
    with pytest.raises(FrappeError) as caught:
        user_of(site, *arguments, **keywords)
    return caught.value.exc_type, caught.value.status


def give_token(site, **changes):
    client = records.find(site, "OAuth Client")[0]
    token = {"doctype": "OAuth Bearer Token", "access_token": "t0ken", "client": client["name"], "scopes": "all openid"}
    records.add(site, token | {"user": "sales@example.com", "expires_in": 3600, "status": "Active"} | changes)


def give_key(site):
    records.change(site, "User", "sales@example.com", api_key="key")
    site.keep_password("User", "sales@example.com", "api_secret", "secret")


def test_the_right_password_signs_in(site):
    answer = login(site)
    assert json.loads(answer.body) == {"message": "Logged In", "home_page": "/app", "full_name": "Sally Example"}
    assert user_of(site, cookies=signed_in(site)) == "sales@example.com"


def test_the_session_cookie_is_kept_from_scripts(site):
    cookies = [value for name, value in login(site).headers if name == "set-cookie"]
    assert cookies[0].endswith("Max-Age=612000; HttpOnly; Path=/; SameSite=Lax")
    assert [cookie.split("=")[0] for cookie in cookies] == ["sid", "system_user", "full_name", "user_id", "user_image"]


@pytest.mark.parametrize(("user", "password"), [("sales@example.com", "wrong"), ("nobody@example.com", "right")])
def test_a_wrong_password_says_the_same_as_an_unknown_user(site, user, password):
    with pytest.raises(FrappeError) as caught:
        login(site, password, user)
    assert (caught.value.exc_type, caught.value.status) == ("AuthenticationError", 401)
    assert caught.value.extra == {"message": "Invalid login credentials"}


def test_a_disabled_user_is_told_so_and_loses_the_session_but_no_token(site):
    cookies = signed_in(site)
    give_token(site)
    records.change(site, "User", "sales@example.com", enabled=0)
    with pytest.raises(FrappeError) as caught:
        login(site)
    assert caught.value.extra["message"] == "User disabled or missing"
    assert user_of(site, cookies=cookies) == "Guest"
    assert user_of(site, "Bearer t0ken") == "sales@example.com"


def test_eleven_failures_lock_everybody_at_that_address_for_a_minute(site):
    for _ in range(11):
        with pytest.raises(FrappeError):
            login(site, "wrong")
    with pytest.raises(FrappeError) as caught:
        login(site, "other", "stock@example.com")
    assert (caught.value.exc_type, caught.value.status) == ("SecurityException", 500)
    assert login(site, "other", "stock@example.com", **{"x-forwarded-for": "10.0.0.9"}).status == 200
    site.clock.seconds += 61
    assert login(site).status == 200


def test_logging_out_ends_the_session(site):
    cookies = signed_in(site)
    answer = accounts.logout(site, Request("GET", "/api/method/logout", cookies=cookies), "sales@example.com")
    assert json.loads(answer.body) == {"message": "No App", "home_page": "/login", "full_name": "Guest"}
    request = Request("GET", "/", cookies=cookies)
    assert accounts.session_of(site, request) is None
    assert accounts.session_expired(site, request)


def test_frappe_14_answers_a_logout_with_nothing_and_16_only_by_post(make_site):
    request = Request("GET", "/api/method/logout")
    assert json.loads(accounts.logout(make_site(14), request, "Guest").body) == {}
    with pytest.raises(FrappeError) as caught:
        accounts.logout(make_site(16), request, "Guest")
    assert caught.value.status == 403


def test_without_credentials_one_is_a_guest(site):
    assert user_of(site) == "Guest"
    assert not accounts.session_expired(site, Request("GET", "/", cookies={"sid": "Guest"}))


@pytest.mark.parametrize("header", ["Bearer", "Bearer  t0ken", "Bearer a b"])
def test_a_header_that_is_not_two_words_is_not_looked_at(site, header):
    assert user_of(site, header) == "Guest"


@pytest.mark.parametrize("header", ["Bearer nope", "Digest x", "token nope", "token key:wrong", "token a:b:c"])
def test_wrong_credentials_are_an_error_without_a_session(site, header):
    give_key(site)
    assert refused(site, header) == ("AuthenticationError", 401)


def test_a_session_survives_a_wrong_bearer_but_not_a_wrong_key(site):
    cookies = signed_in(site)
    assert user_of(site, "Bearer nope", cookies) == "sales@example.com"
    assert refused(site, "token no:key", cookies) == ("AuthenticationError", 401)


def test_the_scheme_is_read_in_any_case(site):
    give_token(site)
    assert user_of(site, "bEARER t0ken") == "sales@example.com"


@pytest.mark.parametrize("changes", [{"status": "Revoked"}, {"expires_in": -1}, {"scopes": "all openid more"}])
def test_a_token_revoked_expired_or_with_a_scope_its_client_lost_is_dead(site, changes):
    give_token(site, **changes)
    assert refused(site, "Bearer t0ken") == ("AuthenticationError", 401)


def test_an_api_key_works_as_token_and_as_basic(site):
    give_key(site)
    assert user_of(site, "token key:secret") == "sales@example.com"
    assert user_of(site, "Basic " + base64.b64encode(b"key:secret").decode()) == "sales@example.com"


def test_the_password_does_not_work_as_basic(site):
    basic = base64.b64encode(b"sales@example.com:right").decode()
    assert refused(site, f"Basic {basic}") == ("AuthenticationError", 401)


def test_basic_that_is_no_base64_says_so(site):
    assert refused(site, "Basic abc") == ("InvalidAuthorizationToken", 400)


def test_a_cookie_wins_over_an_api_key(site):
    give_key(site)
    other = login(site, "other", "stock@example.com").headers[1][1]
    cookies = {"sid": other.split(";")[0].split("=")[1]}
    assert user_of(site, "token key:secret", cookies) == "stock@example.com"


def test_an_api_key_of_a_disabled_user_works_until_frappe_16(make_site):
    for frappe in (14, 15, 16):
        site = make_site(frappe)
        give_key(site)
        records.change(site, "User", "sales@example.com", enabled=0)
        if frappe < 16:
            assert user_of(site, "token key:secret") == "sales@example.com"
        else:
            assert refused(site, "token key:secret") == ("AuthenticationError", 401)


def test_a_change_by_cookie_needs_the_csrf_token_once_the_session_has_one(site):
    cookies = signed_in(site)
    assert user_of(site, cookies=cookies, method="POST") == "sales@example.com"
    session = site.sessions.protect(site.sessions.find(cookies["sid"]))
    assert refused(site, cookies=cookies, method="POST") == ("CSRFTokenError", 400)
    assert user_of(site, cookies=cookies, method="GET") == "sales@example.com"
    with_header = {"x-frappe-csrf-token": session.csrf_token}
    assert user_of(site, cookies=cookies, method="POST", headers=with_header) == "sales@example.com"
    assert user_of(site, cookies=cookies, method="POST", form={"csrf_token": session.csrf_token}) == "sales@example.com"
