import base64
import hashlib
import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

CALLBACK = "http://127.0.0.1:9/erpnext/callback"
OAUTH = "/api/method/frappe.integrations.oauth2."
VERIFIER = "a-verifier-that-is-long-enough-0123456789-abcdefghij"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ENDED = {"13": (403, 404), "14": (401, 404), "15": (401, 404), "16": (401, 403), "2026": (401, 400)}
LOGIN = {"usr": "sales@example.com", "pwd": "sales-Pw-1"}


def leads_to(page, button):
    return unescape(re.search(rf'id="{button}"[^>]*data-leads-to="([^"]*)"', page.text)[1])


def allow(browser, consent):
    """Press Allow: a link until 2026, since then a form with the session's CSRF token."""
    form = re.search(r'<form[^>]*action="([^"]*)">.*name="csrf_token" value="([^"]+)"', consent.text.split("<main")[1])
    if form is None:
        return browser.get(leads_to(consent, "allow"))
    return browser.post(unescape(form[1]), data={"csrf_token": form[2]})


def sign_in(sandbox, browser):
    """Go from the app to login, consent and back; gives the tokens."""
    client_id = sandbox.variables["clients"]["Dispatch"]["client_id"]
    secret = sandbox.variables["clients"]["Dispatch"].get("client_secret")
    asked = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "all openid"}
    asked |= {"state": "s-1", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    to_login = browser.get(OAUTH + "authorize", params=asked)
    if to_login.status_code == 302:
        login_page = browser.get(to_login.headers["location"])
        assert "Accounts of this sandbox" in login_page.text
        back = dict(parse_qsl(urlsplit(to_login.headers["location"]).query))["redirect-to"]
        signed_in = browser.post("/login", data={**LOGIN, "redirect-to": back})
        to_login = browser.get(signed_in.headers["location"])
    consent = to_login
    assert "<title>Confirm Access</title>" in consent.text
    assert leads_to(consent, "deny") == CALLBACK + "?error=access_denied"
    approved = allow(browser, consent)
    returned = dict(parse_qsl(urlsplit(approved.headers["location"]).query))
    assert returned["state"] == "s-1"
    form = {"grant_type": "authorization_code", "code": returned["code"], "redirect_uri": CALLBACK}
    form |= {"client_id": client_id, "code_verifier": VERIFIER} | ({"client_secret": secret} if secret else {})
    with sandbox.client() as app:
        return app.post(OAUTH + "get_token", data=form).json()


def whoami(sandbox, token):
    with sandbox.client(Authorization=f"Bearer {token}") as app:
        return app.get("/api/method/frappe.auth.get_logged_user")


@pytest.mark.parametrize("frappe", ["13", "14", "15", "16", "2026"])
def test_a_person_signs_in_to_an_app_and_revokes_it_later(start, frappe):
    sandbox = start("--frappe", frappe, "--client", f"Dispatch={CALLBACK}")
    with sandbox.client() as browser:
        tokens = sign_in(sandbox, browser)
        assert whoami(sandbox, tokens["access_token"]).json() == {"message": "sales@example.com"}
        apps = browser.get("/third_party_apps")
        assert "Dispatch" in apps.text
        revoke = browser.get(unescape(re.search(r'href="(/third_party_apps\?app=[^"]*)"', apps.text)[1]))
        client_id = re.search(r'name="client_id" value="([^"]*)"', revoke.text)[1]
        token = re.search(r'name="csrf_token" value="([^"]*)"', revoke.text)[1]
        answer = browser.post("/third_party_apps", data={"client_id": client_id, "csrf_token": token})
        assert answer.status_code == 302
        assert "No Active Sessions" in browser.get("/third_party_apps").text
    bearer, refresh = ENDED[frappe]
    assert whoami(sandbox, tokens["access_token"]).status_code == bearer
    with sandbox.client() as app:
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        form |= sandbox.variables["clients"]["Dispatch"]
        assert app.post(OAUTH + "get_token", data=form).status_code == refresh


def test_a_public_app_of_2026_signs_in_without_a_secret(start):
    sandbox = start("--frappe", "2026", "--client", f"Dispatch={CALLBACK}", "--client-auth", "none")
    assert list(sandbox.variables["clients"]["Dispatch"]) == ["client_id"]
    with sandbox.client() as browser:
        tokens = sign_in(sandbox, browser)
    assert whoami(sandbox, tokens["access_token"]).json() == {"message": "sales@example.com"}


def test_an_app_of_2026_may_prove_itself_by_basic(start):
    sandbox = start("--frappe", "2026", "--client", f"Dispatch={CALLBACK}", "--client-auth", "basic")
    credentials = sandbox.variables["clients"]["Dispatch"]
    form = {"grant_type": "refresh_token", "refresh_token": "nope"}
    with sandbox.client() as app:
        wrong = app.post(OAUTH + "get_token", data=form, auth=(credentials["client_id"], "wrong"))
        assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})
        right = app.post(OAUTH + "get_token", data=form, auth=tuple(credentials.values()))
        assert (right.status_code, right.json()) == (400, {"error": "invalid_grant"})


def test_a_wrong_password_shows_the_login_page_again(start):
    with start().client() as browser:
        page = browser.post("/login", data={**LOGIN, "pwd": "wrong", "redirect-to": "/app"})
        assert page.status_code == 401
        assert "Invalid login credentials" in page.text
        assert 'value="sales@example.com"' in page.text


@pytest.mark.parametrize("frappe", ["14", "15", "16"])
@pytest.mark.parametrize("path", ["/login", "/api/method/login", "/?cmd=login"])
def test_a_wrong_password_sets_no_cookies_while_the_right_one_does(start, frappe, path):
    with start("--frappe", frappe).client() as browser:
        refused = browser.post(path, data={**LOGIN, "pwd": "wrong"})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert "sid" in browser.post(path, data=LOGIN).cookies


@pytest.mark.parametrize(
    "target", ["https://evil.example.com/", "//evil.example.com/", "/\\evil.example.com", "javascript:1"]
)
def test_login_only_leads_to_this_site(start, target):
    with start().client() as browser:
        answer = browser.post("/login", data={**LOGIN, "redirect-to": target})
        assert answer.headers["location"] == "/app"


def test_a_document_is_changed_by_hand_at_the_desk(start):
    sandbox = start()
    with sandbox.client() as browser:
        login = browser.post("/login", data={"usr": "manager@example.com", "pwd": "manager-Pw-1"})
        assert login.headers["location"] == "/app"
        assert "10,000" in browser.get("/app").text
        listed = browser.get("/app/item", params={"search": "dextrose"})
        assert "/app/item/50%25%20Dextrose" in listed.text
        page = browser.get("/app/item/50%25%20Dextrose")
        fields = dict(
            re.findall(
                r'<input[^>]*name="(csrf_token|modified|item_name|item_group|stock_uom)"[^>]*value="([^"]*)"', page.text
            )
        )
        form = {name: unescape(value) for name, value in fields.items()} | {"action": "save", "brand": "By hand <b>"}
        without_token = {name: value for name, value in form.items() if name != "csrf_token"}
        assert browser.post("/app/item/50%25%20Dextrose", data=without_token).status_code == 400
        saved = browser.post("/app/item/50%25%20Dextrose", data=form)
        assert saved.status_code == 303
        assert "By hand &lt;b&gt;" in browser.get(saved.headers["location"]).text
        stale = browser.post("/app/item/50%25%20Dextrose", data=form)
        assert stale.status_code == 417
        assert 'role="alert"' in stale.text
        form["action"], form["new_name"] = "rename", "60% Dextrose"
        assert "60%25%20Dextrose" in browser.post("/app/item/50%25%20Dextrose", data=form).headers["location"]
        assert browser.get("/app/item/50%25%20Dextrose").status_code == 404
