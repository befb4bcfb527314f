import pytest

from erpnext_connector.sandbox import jobs, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.registration import normalized
from tests.unit.sandbox.browsing import body, call

METADATA = {"client_name": "New", "redirect_uris": ["https://app.example/cb"], "scope": "all openid"}


@pytest.fixture
def site(make_site):
    return make_site(2026)


def register(site, address="10.0.0.1", **changes):
    headers = {"x-forwarded-for": address}
    return call(site, "register_client", "POST", json=METADATA | changes, headers=headers)


def test_an_address_registers_one_client_in_ten_minutes(site):
    assert register(site).status == 201
    with pytest.raises(FrappeError) as caught:
        register(site)
    assert (caught.value.exc_type, caught.value.status) == ("RateLimitExceededError", 429)
    assert register(site, "10.0.0.2").status == 201
    site.clock.seconds += 601
    assert register(site).status == 201


def test_the_limit_can_be_forgotten_or_lifted(site):
    register(site)
    site.registrations.reset()
    assert register(site).status == 201
    site.registrations.limit = 0
    assert [register(site).status for _ in range(3)] == [201, 201, 201]


def test_frappe_16_has_no_limit_and_keeps_clients(make_site):
    site = make_site(16)
    names = [body(register(site))["client_id"] for _ in range(3)]
    site.clock.seconds += 3600
    jobs.run(site)
    assert all(records.read(site, "OAuth Client", name) for name in names)


def test_a_client_that_gets_no_token_is_forgotten_after_ten_minutes(site):
    name = body(register(site))["client_id"]
    site.clock.seconds += 599
    jobs.run_due(site)
    assert records.read(site, "OAuth Client", name)["is_dynamic_client"] == 1
    site.clock.seconds += 2
    jobs.run_due(site)
    assert records.read(site, "OAuth Client", name) is None


def test_a_client_with_a_token_stays(site):
    name = body(register(site))["client_id"]
    token = {"doctype": "OAuth Bearer Token", "access_token": "t", "client": name, "user": "sales@example.com"}
    records.add(site, token | {"expires_in": 3600, "status": "Active"})
    site.clock.seconds += 3600
    jobs.run(site)
    assert records.read(site, "OAuth Client", name)


@pytest.mark.parametrize(
    ("said", "kept"),
    [("none", "None"), ("client_secret_post", "Client Secret Post"), ("client_secret_basic", "Client Secret Basic")],
)
def test_the_way_to_prove_itself_is_kept_with_the_client(site, said, kept):
    answer = body(register(site, token_endpoint_auth_method=said))
    assert "token_endpoint_auth_method" not in answer
    assert answer["client_secret_expires_at"] == 0
    assert records.read(site, "OAuth Client", answer["client_id"])["token_endpoint_auth_method"] == kept
    assert ("client_secret" in answer) is (said != "none")


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("https://app.example/cb", 201),
        ("http://127.0.0.1:8000/cb", 201),
        ("http://127.8.8.8/cb", 201),
        ("http://[::1]:9/cb", 201),
        ("http://localhost/cb", 400),
        ("http://app.example/cb", 400),
        ("com.example.app:/cb", 400),
        ("https://app.example:port/cb", 400),
        ("", 400),
    ],
)
def test_a_redirect_uri_is_https_or_http_on_a_loopback_address(site, uri, status):
    assert register(site, redirect_uris=[uri]).status == status


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://App.Example", "https://app.example/"),
        ("https://app.example:443/cb?a=B", "https://app.example/cb?a=B"),
        ("http://[::1]:8000/cb", "http://[::1]:8000/cb"),
    ],
)
def test_redirect_uris_come_back_normalized(site, uri, expected):
    assert normalized(uri) == expected
    answer = body(register(site, redirect_uris=[uri]))
    assert answer["redirect_uris"] == [expected]
    assert records.read(site, "OAuth Client", answer["client_id"])["default_redirect_uri"] == expected


def test_of_several_redirect_uris_none_is_ever_accepted(make_site):
    site = make_site(16)
    uris = ["https://app.example/a", "https://app.example/b"]
    name = body(register(site, redirect_uris=uris))["client_id"]
    assert records.read(site, "OAuth Client", name)["redirect_uris"] == "\n".join(uris)
    cookies = {"sid": site.sessions.start("sales@example.com").sid}
    asked = {"client_id": name, "redirect_uri": uris[0], "response_type": "code"}
    assert body(call(site, "authorize", query=asked, cookies=cookies))["description"] == "Mismatching redirect URI."
