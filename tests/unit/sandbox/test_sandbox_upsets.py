import json
from urllib.parse import urlencode

import pytest

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.upsets import UPSETS, Target, bring_about
from tests.unit.sandbox.browsing import Browser, alive, body, dead, get_token

SALES = "sales@example.com"


@pytest.fixture
def browser(site):
    return Browser(site)


@pytest.fixture
def events(site):
    """What webhooks would hear of: the event, the DocType."""
    heard = []
    site.after_commit.append(lambda found: heard.extend((event, document["doctype"]) for event, document in found))
    return heard


def refreshed(browser, token):
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    return body(get_token(browser.site, **form, client_id=browser.client["name"]))


def test_access_tokens_expire_and_refresh_tokens_do_not(site, browser):
    mine, other = browser.sign_in(), Browser(site, "stock@example.com").sign_in()
    assert bring_about(site, "expire_tokens", Target(user=SALES)) == "1 access tokens have expired"
    assert dead(site, mine["access_token"])
    assert alive(site, other["access_token"])
    assert alive(site, refreshed(browser, mine)["access_token"])
    assert bring_about(site, "expire_tokens", Target()) == "3 access tokens have expired"


def test_revoking_an_app_deletes_every_pair_with_its_webhooks(site, browser, events):
    token = browser.sign_in()
    refreshed(browser, token)
    events.clear()
    assert "2 pairs" in bring_about(site, "revoke_app", Target(SALES, "App"))
    assert events == [("on_trash", "OAuth Bearer Token"), ("on_change", "OAuth Bearer Token")] * 2
    assert dead(site, token["access_token"])
    kept = json.loads(records.find(site, "Deleted Document")[0]["data"])
    assert kept["access_token"] == token["access_token"]


def test_a_new_pair_sets_off_its_webhooks_and_a_revoked_one_none(site, browser, events):
    browser.sign_in()
    told = [event for event in events if event[1] == "OAuth Bearer Token"]
    assert told == [("after_insert", "OAuth Bearer Token"), ("on_update", "OAuth Bearer Token")]
    events.clear()
    records.change(site, "OAuth Bearer Token", records.find(site, "OAuth Bearer Token")[0]["name"], status="Revoked")
    assert events == []


def test_idle_tokens_are_purged_without_a_word(site, browser, events):
    token = browser.sign_in()
    events.clear()
    bring_about(site, "purge_tokens", Target(client="App"))
    assert events == []
    assert dead(site, token["access_token"])


def test_a_client_goes_with_its_tokens(site, browser, events):
    token = browser.sign_in()
    bring_about(site, "drop_client", Target(client=browser.client["name"]))
    assert ("on_trash", "OAuth Client") in events
    assert ("on_trash", "OAuth Bearer Token") in events
    assert dead(site, token["access_token"])
    assert records.read(site, "OAuth Client", browser.client["name"]) is None


def test_a_disabled_user_loses_the_session_but_no_token(site, browser, events):
    token = browser.sign_in()
    bring_about(site, "disable_user", Target(SALES))
    assert ("on_update", "User") in events
    assert site.sessions.find(browser.cookies["sid"]) is None
    assert alive(site, token["access_token"]) == SALES
    assert alive(site, refreshed(browser, token)["access_token"]) == SALES
    bring_about(site, "enable_user", Target(SALES))
    assert records.read(site, "User", SALES)["enabled"] == 1


def test_a_persons_new_password_is_dated_and_an_administrators_is_not(site, browser):
    token, before = browser.sign_in(), records.read(site, "User", SALES)["modified"]
    bring_about(site, "set_password", Target(SALES, password="by-admin"))
    user = records.read(site, "User", SALES)
    assert (user["last_password_reset_date"], user["modified"] > before) == (None, True)
    assert site.password("User", SALES, "password") == "by-admin"
    bring_about(site, "reset_password", Target(SALES))
    later = records.read(site, "User", SALES)
    assert (later["last_password_reset_date"], later["modified"] > user["modified"]) == (site.today(), True)
    assert site.password("User", SALES, "password") == "Changed-Pw-1"
    assert site.sessions.find(browser.cookies["sid"]) is None
    assert alive(site, token["access_token"]) == SALES


def test_the_scheduler_deletes_what_was_revoked(site, browser):
    browser.sign_in()
    for row in records.find(site, "OAuth Bearer Token"):
        records.change(site, "OAuth Bearer Token", row["name"], status="Revoked")
    bring_about(site, "run_jobs", Target())
    assert records.find(site, "OAuth Bearer Token") == []
    assert records.find(site, "OAuth Authorization Code") == []


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("fire", Target(), "nothing is called 'fire' here"),
        ("disable_user", Target(), "disable_user needs a user"),
        ("disable_user", Target("nobody@example.com"), "there is no user 'nobody@example.com'"),
        ("drop_client", Target(client="nope"), "there is no OAuth client 'nope'"),
    ],
)
def test_what_cannot_happen_is_explained(site, kind, target, said):
    with pytest.raises(ValueError, match=said):
        bring_about(site, kind, target)


def test_the_limit_of_registrations_can_be_reset_and_lifted(site):
    bring_about(site, "allow_registrations", Target())
    bring_about(site, "unlimit_registrations", Target())
    assert site.registrations.limit == 0


def post(asker, path, values, **headers):
    found = {"content-type": "application/x-www-form-urlencoded", **headers}
    return asker.raw("POST", path, user="Guest", headers=found, body=urlencode(values).encode())


def test_programs_ask_the_endpoint(asker):
    _, kinds = asker.ask("GET", "/sandbox/upsets", user="Guest")
    assert list(kinds) == list(UPSETS)
    done = asker.ask("POST", "/sandbox/upsets", user="Guest", json_body={"kind": "disable_user", "user": SALES})
    assert done == (200, {"done": "sales@example.com is disabled"})
    assert records.read(asker.site, "User", SALES)["enabled"] == 0
    status, said = asker.ask("POST", "/sandbox/upsets", user="Guest", json_body={"kind": "disable_user", "use": SALES})
    assert (status, said) == (400, {"error": "an upset has no use"})


def test_people_use_the_page(asker):
    page = asker.raw("GET", "/sandbox", user="Guest").body.decode()
    assert all(f'value="{kind}"' in page for kind in UPSETS)
    done = post(asker, "/sandbox", {"kind": "disable_user", "user": SALES, "client": "", "csrf_token": ""})
    assert "sales@example.com is disabled" in done.body.decode()
    assert "sales@example.com (disabled)" in done.body.decode()
    refused = post(asker, "/sandbox", {"kind": "disable_user"})
    assert (refused.status, "disable_user needs a user" in refused.body.decode()) == (400, True)


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/upsets"])
def test_other_sites_pages_may_not(asker, path):
    refused = post(asker, path, {"kind": "disable_user", "user": SALES}, origin="https://evil.example.com")
    assert refused.status == 403
    assert records.read(asker.site, "User", SALES)["enabled"] == 1


def test_jobs_run_every_quarter_of_an_hour(asker):
    site = asker.site
    client = records.find(site, "OAuth Client")[0]["name"]
    token = {"doctype": "OAuth Bearer Token", "access_token": "t", "client": client, "user": SALES}
    site.begin()
    records.add(site, token | {"expires_in": 3600, "status": "Revoked"})
    site.end(keep=True)
    asker.ask("GET", "/api/method/ping")
    assert records.find(site, "OAuth Bearer Token")
    site.clock.seconds += 901
    asker.ask("GET", "/api/method/ping")
    assert records.find(site, "OAuth Bearer Token") == []


@pytest.mark.parametrize(("frappe", "left"), [(13, 1), (15, 1), (16, 0), (2026, 0)])
def test_tokens_idle_for_thirty_days_are_purged_from_16_on(make_asker, frappe, left):
    site = make_asker(frappe).site
    client = records.find(site, "OAuth Client")[0]["name"]
    token = {"doctype": "OAuth Bearer Token", "access_token": "t", "client": client, "user": SALES}
    site.begin()
    records.add(site, token | {"expires_in": 3600, "status": "Active"})
    site.clock.seconds += 30 * 86_400
    bring_about(site, "run_jobs", Target())
    assert len(records.find(site, "OAuth Bearer Token")) == 1
    site.clock.seconds += 3601
    bring_about(site, "run_jobs", Target())
    assert len(records.find(site, "OAuth Bearer Token")) == left
    site.end(keep=True)


def test_people_change_their_password_by_the_old_one(asker):
    path, new = "/api/method/frappe.core.doctype.user.user.update_password", {"new_password": "New-Pw-1"}
    status, said = asker.ask("POST", path, json_body=new | {"old_password": "sales-Pw-1"})
    assert (status, said["message"]) == (200, "/app")
    assert records.read(asker.site, "User", SALES)["last_password_reset_date"] == asker.site.today()
    assert asker.ask("POST", path, user="Guest", json_body=new | {"old_password": "x"})[0] == 410
    answer = post(asker, "/api/method/login", {"usr": SALES, "pwd": "New-Pw-1"})
    assert answer.status == 200


def test_a_wrong_old_password_changes_nothing(asker):
    path = "/api/method/frappe.core.doctype.user.user.update_password"
    status, _ = asker.ask("POST", path, json_body={"new_password": "New-Pw-1", "old_password": "wrong"})
    assert status == 401
    assert asker.site.password("User", SALES, "password") == "sales-Pw-1"


def test_a_sign_in_is_noted_with_the_user(asker):
    answer = post(asker, "/api/method/login", {"usr": SALES, "pwd": "sales-Pw-1"}, **{"x-forwarded-for": "10.0.0.7"})
    assert answer.status == 200
    user = records.read(asker.site, "User", SALES)
    assert (user["last_ip"], bool(user["last_login"])) == ("10.0.0.7", True)
