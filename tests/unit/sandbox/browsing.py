"""Goes through OAuth at a sandbox site without a network: a signed-in person, the app, its tokens."""

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from erpnext_connector.sandbox import accounts, oauth, openid, records, registration, tokens
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request

CALLBACK = "http://127.0.0.1:9/cb"
PREFIX = "frappe.integrations.oauth2."
METHODS = {**oauth.METHODS, **tokens.METHODS, **openid.METHODS, **registration.METHODS}
VERIFIER = "a-verifier-that-is-long-enough-0123456789-abcdefghij"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class Browser:
    """Somebody signed in at the site, going through OAuth for an app."""

    def __init__(self, site, user="sales@example.com"):
        self.site = site
        session = site.sessions.start(user)
        self.cookies = {"sid": session.sid, "user_id": user.replace("@", "%40")}
        self.client = records.find(site, "OAuth Client", app_name="App")[0]

    def asked(self, **changes):
        asked = {
            "client_id": self.client["name"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "all openid",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    def authorize(self, **changes):
        return call(self.site, "authorize", query=self.asked(**changes), cookies=self.cookies)

    def approve(self, **changes):
        return call(self.site, "approve", query=self.asked(**changes), cookies=self.cookies)

    def code(self, **changes):
        return callback(self.approve(**changes))["code"]

    def redeem(self, code, **changes):
        form = {"grant_type": "authorization_code", "code": code, "client_id": self.client["name"]}
        form |= {"redirect_uri": CALLBACK} | changes
        return get_token(self.site, **form)

    def sign_in(self):
        return body(self.redeem(self.code()))


def call(site, method, verb="GET", **request):
    read = Request(verb, f"/api/method/{PREFIX}{method}", base_url="http://erp.test", **request)
    site.messages = []
    return METHODS[PREFIX + method].function(site, read, accounts.authenticate(site, read))


def get_token(site, **form):
    form = {name: value for name, value in form.items() if value is not None}
    return call(site, "get_token", "POST", form=form)


def body(response):
    return json.loads(response.body)


def location(response):
    return dict(response.headers)["location"]


def callback(response):
    return dict(parse_qsl(urlsplit(location(response)).query))


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def dead(site, token):
    with pytest.raises(FrappeError) as caught:
        accounts.authenticate(site, Request("GET", "/", headers={"authorization": f"Bearer {token}"}))
    return caught.value.status == 401


def alive(site, token):
    return accounts.authenticate(site, Request("GET", "/", headers={"authorization": f"Bearer {token}"}))
