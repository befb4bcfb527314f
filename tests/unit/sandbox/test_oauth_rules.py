import pytest

from erpnext_connector.sandbox.oauth_rules import (
    OAuthClient,
    Refusal,
    at_hash,
    check_authorization,
    encode_parameters,
    id_token,
    readable_query,
    verifier_matches,
    with_query,
)

CALLBACK = "https://app.example.com/callback"
DOCUMENT = {
    "name": "abc",
    "app_name": "App",
    "redirect_uris": f"{CALLBACK} https://other.example.com/",
    "default_redirect_uri": CALLBACK,
    "scopes": "all openid",
    "allowed_roles": [{"role": "Desk User"}],
}
CLIENT = OAuthClient.of(DOCUMENT)
ASKED = {"client_id": "abc", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "x y"}


def refusal(client=CLIENT, **changes):
    asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
    with pytest.raises(Refusal) as caught:
        check_authorization(asked, client)
    return caught.value.error, caught.value.description


def test_a_registered_client_may_ask_for_a_code():
    asked = check_authorization(ASKED, CLIENT)
    assert (asked.redirect_uri, asked.scopes, asked.state) == (CALLBACK, ("openid",), "x y")


def test_without_a_scope_all_of_the_clients_scopes_are_meant():
    assert check_authorization({**ASKED, "scope": ""}, CLIENT).scopes == ("all", "openid")


def test_without_a_redirect_uri_the_clients_default_is_meant():
    asked = {name: value for name, value in ASKED.items() if name != "redirect_uri"}
    assert check_authorization(asked, CLIENT).redirect_uri == CALLBACK


def test_a_challenge_without_a_method_is_plain():
    asked = check_authorization({**ASKED, "code_challenge": "c"}, CLIENT)
    assert asked.code_challenge_method == "plain"


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"client_id": None}, "invalid_request", "Missing client_id parameter."),
        ({"redirect_uri": "/relative"}, "invalid_request", "Invalid redirect URI."),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_request", "Mismatching redirect URI."),
        ({"redirect_uri": CALLBACK + "?x=1"}, "invalid_request", "Mismatching redirect URI."),
        ({"response_type": None}, "invalid_request", "Missing response_type parameter."),
        ({"response_type": "magic"}, "unsupported_response_type", ""),
        ({"response_type": "token"}, "unauthorized_client", ""),
        ({"scope": "openid admin"}, "invalid_scope", ""),
        (
            {"code_challenge": "c", "code_challenge_method": "S512"},
            "invalid_request",
            "Transform algorithm not supported.",
        ),
    ],
)
def test_a_wrong_request_is_refused(changes, error, description):
    assert refusal(**changes) == (error, description)


def test_a_client_that_is_unknown_or_closed_to_the_user_is_refused():
    assert refusal(client=None) == ("invalid_request", "Invalid client_id parameter value.")


def test_redirect_uris_on_lines_of_their_own_match_nothing():
    lines = OAuthClient.of(DOCUMENT | {"redirect_uris": f"{CALLBACK}\nhttps://other.example.com/"})
    assert refusal(client=lines)[1] == "Mismatching redirect URI."


def test_the_pkce_example_of_rfc_7636_matches():
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert verifier_matches("s256", challenge, verifier)
    assert not verifier_matches("s256", challenge, verifier + "x")
    assert verifier_matches("plain", "same", "same")
    assert not verifier_matches("plain", "same", "other")
    assert verifier_matches(None, None, "whatever")


def test_an_id_token_verifies_with_the_clients_secret():
    import warnings

    from joserfc import jwt
    from joserfc.jwk import OctKey

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        token = jwt.decode(id_token({"sub": "x", "aud": "abc"}, "0123456789"), OctKey.import_key("0123456789"))
    assert token.claims == {"sub": "x", "aud": "abc"}
    assert token.header == {"alg": "HS256", "typ": "jwt"}


def test_the_access_token_hash_is_the_left_half_of_its_sha256():
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_the_callback_keeps_its_own_query_and_blanks_become_plus():
    assert with_query("https://a/cb?x=1", [("code", "c"), ("state", "a b")]) == "https://a/cb?x=1&code=c&state=a+b"


def test_frappes_own_urls_encode_blanks_as_percent_20():
    assert encode_parameters({"scope": "a b", "u": "http://x/"}) == "scope=a%20b&u=http%3A%2F%2Fx%2F"


def test_a_requests_url_is_shown_without_needless_encoding():
    assert readable_query("u=http%3A%2F%2Fx%2F&s=a+b&t=%26%3d%25%20&n=%C3%B6&bad=%FF") == (
        "u=http://x/&s=a+b&t=%26%3d%25%20&n=ö&bad=%FF"
    )
