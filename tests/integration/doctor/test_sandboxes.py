"""Sandboxes that speak as each Frappe, by the library and by the command."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from erpnext_connector.cli.doctor import command
from erpnext_connector.client import ApiKey
from erpnext_connector.doctor.examination import App
from erpnext_connector.doctor.report import Verdict
from erpnext_connector.sandbox.app import create_app
from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.demo import prepare
from erpnext_connector.sandbox.faults import Fault
from erpnext_connector.sandbox.loading import open_site
from erpnext_connector.secret import Secret
from tests.integration.servers import free_listener, serving

APP = "https://app.example.com"
CALLBACK = f"{APP}/erpnext/callback"
# What a line is called to a guest, and what it says of itself to somebody with a key.
LINES = {
    13: ("Frappe 13 or older:", "frappe 13."),
    14: ("Frappe 14:", "frappe 14."),
    15: ("Frappe 15:", "frappe 15."),
    16: ("Frappe 16:", "frappe 16."),
    2026: ("Frappe 16 or newer, with the stricter sign-in of 2026:", "frappe 17."),
}


class Sandbox:
    """A served sandbox: its address, its variables, and its version of Frappe."""

    def __init__(self, site, url, variables):
        self.site, self.url, self.variables, self.frappe = site, url, variables, site.frappe
        self.client = variables["clients"]["Dispatch"]
        self.line, self.version = LINES[site.frappe]
        self.key = ApiKey(variables["api_key"], Secret(variables["api_secret"]))


@pytest.fixture(scope="module", params=LINES)
def sandbox(request):
    site = open_site(request.param)
    application = create_app(site=site)
    variables = prepare(site, Dataset.built_in().users(), {"Dispatch": CALLBACK}).variables
    with serving(application, free_listener()) as served:
        yield Sandbox(site, served.url, variables)


def test_each_version_is_recognized_and_nothing_fails(sandbox, findings):
    secret = Secret(sandbox.client["client_secret"])
    app = App(url=APP, redirect_uri=CALLBACK, client_id=sandbox.client["client_id"], client_secret=secret)
    found = findings(sandbox.url, app)
    assert [finding for finding in found.values() if finding.verdict in (Verdict.FAILED, Verdict.UNKNOWN)] == []
    assert found["version"].evidence.startswith(sandbox.line)
    assert found["version"].verdict is (Verdict.WARNING if sandbox.frappe < 15 else Verdict.OK)
    assert ("OAuth metadata says so" in found["oauth"].evidence) is (sandbox.frappe >= 16)


def test_with_an_api_key_the_exact_version_is_told_and_the_redirect_uri_compared(sandbox, findings):
    app = App(url=APP, redirect_uri=CALLBACK, client_id=sandbox.client["client_id"], key=sandbox.key)
    found = findings(sandbox.url, app)
    assert found["version"].evidence.startswith(sandbox.version)
    assert found["client"].evidence == f"the OAuth Client Dispatch has the redirect URI {CALLBACK}"


def test_a_redirect_uri_that_is_not_registered_fails(sandbox, findings):
    app = App(redirect_uri=f"{CALLBACK}/", client_id=sandbox.client["client_id"], key=sandbox.key)
    found = findings(sandbox.url, app)
    assert found["client"].verdict is Verdict.FAILED
    assert found["client"].evidence.endswith(f"has the redirect URI {CALLBACK}, not {CALLBACK}/")


@pytest.mark.parametrize("has_key", [True, False], ids=["by key", "as a guest"])
def test_a_client_id_that_nobody_registered_fails(sandbox, findings, has_key):
    app = App(redirect_uri=CALLBACK, client_id="nobody", key=sandbox.key if has_key else None)
    found = findings(sandbox.url, app)
    assert found["client"].verdict is Verdict.FAILED
    assert "ERPNEXT_CLIENT_ID" in found["client"].remedy


def test_since_2026_a_client_without_its_secret_is_refused(sandbox, findings):
    found = findings(sandbox.url, App(redirect_uri=CALLBACK, client_id=sandbox.client["client_id"]))
    if sandbox.frappe < 2026:
        assert found["client"].verdict is Verdict.OK
    else:
        assert found["client"].verdict is Verdict.FAILED
        assert "ERPNEXT_CLIENT_SECRET" in found["client"].remedy


def test_an_api_key_that_is_refused_is_told(sandbox, findings):
    key = ApiKey(sandbox.variables["api_key"], Secret("wrong"))
    found = findings(sandbox.url, App(client_id=sandbox.client["client_id"], key=key))
    assert found["version"].evidence.startswith(sandbox.line)
    # Frappe 13 takes whoever shows a bad key for a guest.
    assert found["client"].verdict is (Verdict.UNKNOWN if sandbox.frappe == 13 else Verdict.FAILED)
    assert "ERPNEXT_API_KEY" in found["client"].remedy or "API key" in found["client"].remedy


def test_a_site_that_stops_answering_in_the_middle_ends_the_examination(sandbox, findings):
    sandbox.site.faults.add(Fault("drop", path="/api/method/frappe.integrations.oauth2.get_token", method="POST"))
    try:
        found = findings(sandbox.url)
    finally:
        sandbox.site.faults.clear()
    assert list(found)[-1] == "oauth"
    assert "no answer to POST /api/method/frappe.integrations.oauth2.get_token" in found["oauth"].evidence


# --- the command


@pytest.fixture
def run(monkeypatch):
    names = "ERPNEXT_URL ERPNEXT_CLIENT_ID ERPNEXT_CLIENT_SECRET ERPNEXT_API_KEY ERPNEXT_API_SECRET CONNECTOR_URL"
    for name in names.split():
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, color=False, **environment):
        return CliRunner().invoke(command, arguments, env=environment, color=color)

    return run


def test_the_command_prints_a_line_per_check_and_a_summary(sandbox, run):
    client = {f"ERPNEXT_{name.upper()}": value for name, value in sandbox.client.items()}
    result = run(sandbox.url, "--app-url", f"{APP}/", **client)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == f"     ok  address     {sandbox.url}"
    assert f"     ok  redirect    {CALLBACK} (Frappe compares every character)" in lines
    assert lines[-1].startswith("An app can work with this site")
    assert max(map(len, lines)) <= 120
    assert "\x1b" not in result.output


def test_the_command_tells_the_same_as_json(sandbox, run):
    secrets = {"ERPNEXT_API_KEY": sandbox.variables["api_key"], "ERPNEXT_API_SECRET": sandbox.variables["api_secret"]}
    client_id = sandbox.client["client_id"]
    result = run("--json", "--client-id", client_id, "--app-url", APP, ERPNEXT_URL=sandbox.url, **secrets)
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert told["url"] == sandbox.url
    assert told["verdict"] == ("warning" if sandbox.frappe < 15 else "ok")
    assert {tuple(finding) for finding in told["findings"]} == {("check", "verdict", "evidence", "remedy")}
    assert "the OAuth Client Dispatch has the redirect URI" in result.output


def test_a_site_that_fails_is_exit_code_1_with_its_remedy(run):
    result = run("http://127.0.0.1:1")
    assert result.exit_code == 1
    assert " failed  port        nothing listens at 127.0.0.1:1\n                       Start the site" in result.output
    assert "An app can't work with this site yet" in result.output
    assert json.loads(run("http://127.0.0.1:1", "--json").output)["verdict"] == "failed"


def test_verdicts_are_colored_where_colors_are_seen(run):
    assert "\x1b[31m\x1b[1m failed\x1b[0m  port" in run("http://127.0.0.1:1", color=True).output


def test_without_a_prefix_the_callback_is_right_below_the_apps_address(serve, run):
    output = run(serve(), "--app-url", APP, "--prefix", "/").output
    assert f"{APP}/callback (Frappe" in output


def test_what_a_site_says_can_not_steer_the_terminal(serve, run):
    page = (200, {"Content-Type": "text/html"}, b"<title>\x1b[2Jgone\x07</title>")
    result = run(serve({"/api/method/ping": page}), color=True)
    assert "\x1b[2J" not in result.output
    assert "gone" in result.output


@pytest.mark.parametrize("arguments", [[], ["one", "two"], ["--fast", "x"]])
def test_wrong_usage_is_exit_code_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_an_api_key_without_its_secret_is_wrong_usage(run):
    result = run("erp.example.com", "--api-key", "k")
    assert result.exit_code == 2
    assert "ERPNEXT_API_SECRET" in result.output


def test_the_installed_command_has_the_same_exit_codes():
    code = "from erpnext_connector.cli.main import main; main()"
    base = [sys.executable, "-c", code, "doctor"]
    assert subprocess.run(base, capture_output=True, env={}).returncode == 2
    assert subprocess.run([*base, "http://127.0.0.1:1"], capture_output=True, env={}).returncode == 1
