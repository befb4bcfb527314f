"""A person with a browser, over plain HTTP: does what the pages' own scripts do."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import httpx2

from .access import Access

PAGE = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


class Person:
    """Keeps cookies and follows redirects; nothing else of ours is between the person and the two servers."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.browser = httpx2.Client(headers=PAGE, timeout=60, follow_redirects=True)

    # --- in the app

    def open(self, path: str) -> httpx2.Response:
        """A page of the app."""
        return self.browser.get(self.access.app_url + path)

    def ask(self, path: str, **params: str) -> httpx2.Response:
        """What a script on a page of the app gets."""
        return self.browser.get(self.access.app_url + path, params=params, headers=JSON)

    def send(self, path: str, form: dict[str, Any]) -> httpx2.Response:
        """Send the form of a page of the app, with the token that the page holds."""
        token = found(r'name="csrf_token" value="([^"]*)"', self.open(path).text)
        return self.browser.post(self.access.app_url + path, data={"csrf_token": token, **form})

    # --- signing in

    def sign_in(self, path: str = "/") -> httpx2.Response:
        """The app's page that the person comes back to."""
        return self.click("allow", self.to_consent(path))

    def to_consent(self, path: str = "/") -> httpx2.Response:
        """Click "Sign in" in the app and log in to ERPNext if it asks; the consent page."""
        page = self.open(f"/erpnext/login?next={path}")
        if 'type="password"' in page.text:
            self.log_in()
            page = self.browser.get(urljoin(self.access.url, page.url.params["redirect-to"]))
        assert self.is_consent(page), f"{page.status_code} and no consent page; is Skip Authorization off?"
        return page

    def is_consent(self, page: httpx2.Response) -> bool:
        return 'id="deny"' in page.text

    def click(self, button: str, page: httpx2.Response) -> httpx2.Response:
        """Allow or Deny; where it leads to. Since 2026 Allow is a form of its own."""
        form = re.search(rf'<form[^>]*action="([^"]*)"[^>]*>((?:(?!</form>).)*)id="{button}"', page.text, re.DOTALL)
        if form:
            token = found(r'name="csrf_token" value="([^"]*)"', form[2])
            return self.browser.post(str(page.url.join(unescape(form[1]))), data={"csrf_token": token})
        return self.browser.get(str(page.url.join(_leads_to(button, page.text))))

    def log_in(self) -> None:
        """What ERPNext's login page sends."""
        form = {"cmd": "login", "usr": self.access.user, "pwd": self.access.password}
        answer = self.browser.post(f"{self.access.url}/login", data=form, headers=JSON, follow_redirects=False)
        said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        assert "verification" not in said, "ERPNEXT_USER has two-factor authentication, which no script can pass"
        assert answer.status_code < 400, f"ERPNext refused ERPNEXT_USER and ERPNEXT_PASSWORD: {said.get('message')}"

    # --- on ERPNext's page of third-party apps

    def has_granted(self) -> bool:
        """Whether the app is listed there."""
        return f'href="{self._link}"' in self.browser.get(f"{self.access.url}/third_party_apps").text

    def revoke(self) -> None:
        """Take the app's access back."""
        assert self.has_granted(), "the app is not listed among the third-party apps"
        page = self.browser.get(self.access.url + self._link)
        assert f'data-client_id="{self.access.client_id}"' in page.text
        self._call("frappe.www.third_party_apps.delete_client", page, client_id=self.access.client_id)
        assert not self.has_granted()

    @property
    def _link(self) -> str:
        return f"/third_party_apps?app={self.access.client_id}"

    def _call(self, method: str, page: httpx2.Response, **form: str) -> None:
        token = re.search(r'csrf_token(?:" value=| = )"([^"]+)"', page.text)
        headers = {**JSON, **({"X-Frappe-CSRF-Token": token[1]} if token else {})}
        answer = self.browser.post(f"{self.access.url}/api/method/{method}", data=form, headers=headers)
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        self.browser.close()


def found(pattern: str, text: str) -> str:
    """What the pattern's group holds, as a browser reads it out of an attribute."""
    match = re.search(pattern, text, re.DOTALL)
    assert match is not None, f"the page has no {pattern}"
    return unescape(match[1])


def _leads_to(button: str, text: str) -> str:
    """Frappe keeps the address in a script, the sandbox in an attribute of the button."""
    script = re.search(rf"""\$\(['"]#{button}['"]\)\.on\(.*?location\.replace\("([^"]+)"\)""", text, re.DOTALL)
    return script[1] if script else found(rf'id="{button}"[^>]*data-leads-to="([^"]*)"', text)
