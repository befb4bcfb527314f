"""Asks a sandbox over its ASGI side, without a network: requests in, statuses and decoded bodies out."""

import gzip
import json
from importlib import resources
from urllib.parse import unquote, urlencode, urlsplit

from erpnext_connector.sandbox.app import Sandbox

NAMES = {
    "Item": {"50% Dextrose", "1/2in Brass Elbow", "Käse-Müller GmbH Würfel", "Plus+Sign C++", "Emoji 🔩 Bolt"},
    "Customer": {"Aarav Åberg", "Sharma Systems LLC", "Karan Rossi"},
    "Sales Invoice": {"ACC-SINV-2026-00001"},
}
WHOLE = {"UOM", "Item Group", "Company", "Currency"}


def write_small_dataset(directory):
    """The package's DocTypes and users with a handful of its documents, and five Valves."""
    built_in = resources.files("erpnext_connector.sandbox").joinpath("dataset")
    for name in ("doctypes.json", "users.json"):
        (directory / name).write_bytes(built_in.joinpath(name).read_bytes())
    lines = gzip.decompress(built_in.joinpath("documents.jsonl.gz").read_bytes()).decode().splitlines()
    valves = 0
    with (directory / "documents.jsonl").open("w") as out:
        for line in lines:
            document = json.loads(line)
            kept = document["doctype"] in WHOLE or document["name"] in NAMES.get(document["doctype"], ())
            if document.get("item_group") == "Valves" and valves < 5:
                valves, kept = valves + 1, True
            for row, item in zip(document.get("items") or (), sorted(NAMES["Item"]), strict=False):
                row["item_code"] = item
            if kept:
                out.write(json.dumps(document) + "\n")


class Asker:
    """Sends requests as a signed-in user; "Guest" sends no cookie."""

    def __init__(self, site):
        self.site = site
        self._sandbox = Sandbox(site)
        self._sids = {}

    def raw(self, method, url, *, user="sales@example.com", headers=None, body=b""):
        """The sandbox's answer as it is."""
        parts = urlsplit(url)
        found = {"host": "erp.example.com", **(headers or {})}
        if user != "Guest":
            if user not in self._sids:
                self._sids[user] = self.site.sessions.start(user).sid
            found["cookie"] = f"sid={self._sids[user]}"
        path = unquote(parts.path)
        scope = {"method": method, "path": path, "query_string": parts.query.encode(), "scheme": "http"}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in found.items()]
        return self._sandbox.answer(scope, body)

    def ask(self, method, path, *, user="sales@example.com", json_body=None, **params):
        """Status and decoded JSON body; `params` go into the query, values that are no text as JSON."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()}
        url = f"{path}?{urlencode(texts)}" if texts else path
        body = json.dumps(json_body).encode() if json_body is not None else b""
        headers = {"content-type": "application/json"} if body else {}
        answer = self.raw(method, url, user=user, headers=headers, body=body)
        return answer.status, json.loads(answer.body)

    def names(self, doctype, **params):
        """The names that a list gives."""
        status, body = self.ask("GET", f"/api/resource/{doctype}", **params)
        assert status == 200, body
        return [row["name"] for row in body["data"]]

    def client(self, function, json_body=None, *, user="sales@example.com", **params):
        """A function of frappe.client: POST with a body, GET without."""
        method = "POST" if json_body is not None else "GET"
        return self.ask(method, f"/api/method/frappe.client.{function}", user=user, json_body=json_body, **params)


def messages(body):
    """What an answer tells the user."""
    return [json.loads(one)["message"] for one in json.loads(body.get("_server_messages", "[]"))]
