from __future__ import annotations

import base64
import json
import warnings
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from erpnext_connector.call import Reply
from erpnext_connector.errors import AccountRefused, GrantLost, NotFrappe, SignInFailed
from erpnext_connector.oauth.identity import check_id_token, userinfo
from erpnext_connector.oauth.tokens import OAuthClient
from erpnext_connector.secret import Secret

SALLY = {
    "sub": "562d2916973a85ceb81d3985832cbc15a4731a",
    "name": "Sally Example",
    "given_name": "Sally",
    "email": "sally@example.com",
    "picture": None,
    "roles": ["Sales User", "All", "Guest", "Desk User"],
    "iss": "https://erp.example.com",
}
CLIENT = OAuthClient("client", Secret("0123456789"), "https://app.example.com/callback")
NONCE = Secret("n-0S6")
CLAIMS = {"aud": "client", "iat": 1_000, "exp": 4_600, "nonce": "n-0S6", "sub": SALLY["sub"]}


def told(body: Any, status: int = 200) -> Reply:
    return Reply(status, {}, json.dumps(body).encode())


def signed(claims: dict[str, Any], key: str = "0123456789", alg: str = "HS256") -> Secret:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Secret(jwt.encode({"alg": alg}, claims, OctKey.import_key(key), algorithms=[alg]))


def test_a_profile_tells_name_roles_and_identity() -> None:
    profile = userinfo().read(told(SALLY))
    assert (profile.user, profile.full_name, profile.email) == (
        "sally@example.com",
        "Sally Example",
        "sally@example.com",
    )
    assert profile.identity == SALLY["sub"]
    assert profile.roles == ("Sales User", "All", "Guest", "Desk User")


def test_a_user_without_sub_is_known_by_name() -> None:
    profile = userinfo().read(told(SALLY | {"sub": None}))
    assert (profile.sub, profile.identity) == (None, "sally@example.com")


@pytest.mark.parametrize(
    "who",
    [
        {"sub": None, "name": "Administrator", "email": "admin@example.com", "roles": ["Administrator", "All"]},
        {"sub": None, "name": "Administrator", "email": "admin@example.com", "roles": []},
        {"sub": "x", "name": "The Boss", "email": "boss@example.com", "roles": ["All", "Administrator"]},
        {"sub": None, "name": "Guest", "email": "guest@example.com", "roles": ["Guest"]},
        {"sub": None, "name": "Guest", "email": "Guest", "roles": ["Guest"]},
        {"sub": "x", "name": "Someone", "email": "Administrator", "roles": []},
    ],
)
def test_guest_and_administrator_are_refused_whatever_address_they_carry(who: dict[str, Any]) -> None:
    with pytest.raises(AccountRefused):
        userinfo().read(told(who))


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"email": None}, {"email": 7}, [1], {"message": "x"}])
def test_an_answer_that_names_nobody_is_no_profile(body: Any) -> None:
    with pytest.raises(NotFrappe):
        userinfo().read(told(body))


def test_a_token_that_is_gone_loses_the_grant() -> None:
    for status in (403, 404):
        with pytest.raises(GrantLost):
            userinfo().read(told({"exc_type": "PermissionError"}, status))


def test_a_right_id_token_says_what_was_compared() -> None:
    checked = check_id_token(signed(CLAIMS), CLIENT, nonce=NONCE, now=1_000, sub=str(SALLY["sub"]))
    assert checked == ("signature", "aud", "nonce", "exp", "sub")


def test_frappe_13_sends_no_expiry() -> None:
    claims = {"aud": ["client"], "nonce": "n-0S6"}
    assert check_id_token(signed(claims), CLIENT, nonce=NONCE, now=1_000) == ("signature", "aud", "nonce")


def test_a_short_key_gives_no_warning_and_is_the_same_key() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_id_token(signed(CLAIMS, "0123456789"), CLIENT, nonce=NONCE, now=1_000)


@pytest.mark.parametrize(
    ("token", "names"),
    [
        (signed(CLAIMS | {"aud": "another"}), "aud"),
        (signed(CLAIMS | {"nonce": "another"}), "nonce"),
        (signed({name: value for name, value in CLAIMS.items() if name != "nonce"}), "nonce"),
        (signed(CLAIMS | {"exp": 900}), "exp"),
        (signed(CLAIMS | {"exp": "never"}), "exp"),
        (signed(CLAIMS | {"sub": "another"}), "sub"),
        (signed(CLAIMS, "another-secret"), "not signed"),
        (signed(CLAIMS, "0123456789" * 6, "HS512"), "not signed"),
        (Secret("not.a.token"), "not signed"),
        (Secret(""), "not signed"),
    ],
    ids=["aud", "nonce", "no nonce", "exp", "no number", "sub", "key", "algorithm", "no token", "empty"],
)
def test_an_id_token_of_another_sign_in_is_refused(token: Secret, names: str) -> None:
    with pytest.raises(SignInFailed, match=names) as caught:
        check_id_token(token, CLIENT, nonce=NONCE, now=1_000, sub=str(SALLY["sub"]))
    assert not token or token.reveal() not in str(caught.value)


def test_an_unsigned_token_is_refused() -> None:
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, CLAIMS)
    )
    with pytest.raises(SignInFailed):
        check_id_token(Secret(f"{header}.{payload}."), CLIENT, nonce=NONCE, now=1_000)


def test_clocks_may_differ_by_a_minute() -> None:
    assert check_id_token(signed(CLAIMS | {"exp": 1_000}), CLIENT, nonce=NONCE, now=1_059)
    with pytest.raises(SignInFailed):
        check_id_token(signed(CLAIMS | {"exp": 1_000}), CLIENT, nonce=NONCE, now=1_061)


def test_without_token_or_secret_there_is_nothing_to_compare() -> None:
    public = OAuthClient("client", None, "https://app.example.com/callback")
    assert check_id_token(None, CLIENT, nonce=NONCE, now=0) == ()
    assert check_id_token(signed(CLAIMS), public, nonce=NONCE, now=0) == ()
