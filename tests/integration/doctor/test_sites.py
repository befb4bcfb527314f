"""Sites that are what they should be, and sites that are not."""

import socket
import threading

import pytest

from erpnext_connector.clock import SystemClock
from erpnext_connector.doctor.examination import App
from erpnext_connector.doctor.report import Verdict

from .conftest import FRAPPE, NOTHING, OAUTH, KeepAlive

PING = "/api/method/ping"
METADATA = "/.well-known/oauth-authorization-server"
ORDER = ["address", "name", "port", "encryption", "frappe", "version", "oauth", "clock", "cors"]
ORDER += ["redirect", "client", "workers"]


class LateClock(SystemClock):
    """A machine's time that is ten minutes behind."""

    def now(self):
        return super().now() - 600


# --- the way there


def test_what_is_no_address_is_said_before_anything_is_asked(findings):
    found = findings("https://erp.example.com/app/item")
    assert list(found) == ["address"]
    assert "/app/item is too much" in found["address"].evidence


def test_a_name_that_does_not_exist_ends_the_examination(findings):
    found = findings("nowhere.invalid")
    assert list(found) == ["address", "name"]
    assert found["address"].evidence == "https://nowhere.invalid"
    assert found["name"].verdict is Verdict.FAILED


def test_a_closed_port_ends_the_examination(findings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = findings(f"http://127.0.0.1:{port}")
    assert list(found) == ["address", "name", "port"]
    assert found["port"].evidence == f"nothing listens at 127.0.0.1:{port}"
    assert "container" in found["port"].remedy


def test_plain_http_to_another_machine_fails_and_the_examination_goes_on(serve, findings):
    other = _own_address()
    if other is None:
        pytest.skip("this machine has no address but loopback")
    found = findings(serve(host=other))
    assert found["encryption"].verdict is Verdict.FAILED
    assert "plain http to another machine" in found["encryption"].evidence
    assert list(found) == ORDER


def test_behind_a_proxy_of_the_environment_nothing_is_said_of_the_network(findings, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:1")
    found = findings("https://erp.example.com")
    assert list(found) == ["address", "name", "frappe"]
    assert found["name"].verdict is Verdict.UNKNOWN
    assert "the proxy 127.0.0.1:1," in found["name"].evidence
    assert found["frappe"].verdict is Verdict.FAILED


def _own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            address = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


# --- is it Frappe


def test_a_look_alike_of_frappe_15_passes_every_check(serve, findings):
    found = findings(serve())
    assert list(found) == ORDER
    assert [name for name, finding in found.items() if finding.verdict is Verdict.UNKNOWN] == ["redirect", "client"]
    assert [name for name, finding in found.items() if finding.verdict in (Verdict.WARNING, Verdict.FAILED)] == []


@pytest.mark.parametrize(
    ("answer", "evidence", "remedy"),
    [
        (
            (200, {"Content-Type": "text/html"}, b"<title>Welcome to nginx!</title>"),
            "'Welcome to nginx!'",
            "login page",
        ),
        ((404, {"Content-Type": "text/html"}, b"erp.local does not exist"), "404 (text/html), not pong", "host name"),
        ((200, {}, b'{"message":"ping"}'), "200 (application/json), not pong", "host name"),
        ((301, {"Location": "https://erp.example.com/x"}, b""), "to erp.example.com/x", "if erp.example.com is"),
        ((302, {"Location": "/sso"}, b""), "redirects to /sso", "/.well-known/"),
        ((503, {}, b'{"exc_type":"SessionStopped"}'), "down for maintenance", "moment"),
        ((502, {"Content-Type": "text/html"}, b"<title>502 Bad Gateway</title>"), "'502 Bad Gateway'", "moment"),
    ],
    ids=["page", "no such site", "json", "redirect", "sign-on", "maintenance", "bad gateway"],
)
def test_what_is_not_frappe_is_shown_as_it_answers(serve, findings, answer, evidence, remedy):
    found = findings(serve({PING: answer}))
    assert list(found)[-1] == "frappe"
    assert found["frappe"].verdict is Verdict.FAILED
    assert evidence in found["frappe"].evidence
    assert remedy in found["frappe"].remedy


def test_a_server_that_closes_every_connection_is_not_frappe(findings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def close_all():
            for _ in range(3):
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=close_all, daemon=True)
        thread.start()
        found = findings(f"http://127.0.0.1:{listener.getsockname()[1]}")
    thread.join(5)
    assert "no answer to GET /api/method/ping" in found["frappe"].evidence


def test_a_page_with_status_200_where_metadata_would_be_is_no_metadata(serve, findings):
    page = (200, {"Content-Type": "text/html"}, b"<title>Not Found</title>")
    without_v2 = {path: answer for path, answer in FRAPPE.items() if "/v2/" not in path}
    found = findings(serve(without_v2 | {METADATA: page, "/api/v2/method/ping": page}))
    assert found["version"].evidence.startswith("Frappe 13 or older")
    assert "no OAuth metadata" in found["oauth"].evidence


# --- sign-in


@pytest.mark.parametrize(
    ("path", "answer", "evidence"),
    [
        ("authorize", NOTHING, "authorize answers 404 ('Not Found')"),
        ("authorize", (302, {"Location": "https://sso.example.com/login"}, b""), "302 to sso.example.com/login"),
        ("get_token", (403, {"Content-Type": "text/html"}, b"<title>Blocked</title>"), "answers 403 ('Blocked')"),
        ("get_token", (200, {}, b"{}"), "the token endpoint answers 200"),
        ("get_token", (502, {"Content-Type": "text/html"}, b"bad gateway"), "the token endpoint answers 502"),
    ],
)
def test_an_oauth_endpoint_that_something_swallows_fails(serve, findings, path, answer, evidence):
    found = findings(serve(FRAPPE | {OAUTH + path: answer}))
    assert found["oauth"].verdict is Verdict.FAILED
    assert evidence in found["oauth"].evidence
    assert "oauth2" in found["oauth"].remedy
    assert "workers" in found


def test_a_site_that_calls_itself_otherwise_gets_a_warning_about_its_proxy(serve, findings):
    metadata = (200, {}, b'{"issuer":"http://erp.internal:8000"}')
    found = findings(serve(FRAPPE | {METADATA: metadata}))
    assert found["oauth"].verdict is Verdict.WARNING
    assert "calls itself http://erp.internal:8000" in found["oauth"].evidence
    assert "X-Forwarded-Proto" in found["oauth"].remedy


# --- time, browsers, workers


def test_a_machine_whose_clock_is_late_gets_a_warning(serve, findings):
    found = findings(serve(), clock=LateClock())
    assert found["clock"].verdict is Verdict.WARNING
    assert "ahead of this machine's" in found["clock"].evidence


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_site_that_tells_no_time_leaves_the_clock_unknown(serve, findings, date):
    assert findings(serve(headers={"Date": date}))["clock"].verdict is Verdict.UNKNOWN


def test_a_site_that_any_website_may_call_gets_a_warning(serve, findings):
    found = findings(serve(headers={"Access-Control-Allow-Origin": "*"}))
    assert found["cors"].verdict is Verdict.WARNING
    assert "allow_cors" in found["cors"].remedy


def test_a_site_that_the_apps_pages_alone_may_call_is_fine(serve, findings):
    url = serve(headers={"Access-Control-Allow-Origin": "https://app.example.com"})
    found = findings(url, App(url="https://app.example.com/"))
    assert found["cors"].verdict is Verdict.OK
    assert "https://app.example.com may call the site" in found["cors"].evidence


def test_a_site_with_a_single_worker_starves_and_the_remedy_explains_it(serve, findings):
    """It keeps connections open, too: the examination's own must not be the one that is served."""
    found = findings(serve(threads=False, handler=KeepAlive))
    assert found["workers"].verdict is Verdict.FAILED
    assert "it has a single worker" in found["workers"].evidence
    assert "gunicorn_workers" in found["workers"].remedy
    assert "Unable to make request to the Frappe Server URL" in found["workers"].remedy
    assert [name for name, finding in found.items() if finding.verdict is Verdict.FAILED] == ["workers"]


def test_workers_behind_nginx_can_not_be_counted(serve, findings):
    found = findings(serve(headers={"Server": "nginx/1.24.0"}))
    assert found["workers"].verdict is Verdict.UNKNOWN
    assert "nginx/1.24.0 stands in front" in found["workers"].evidence
    assert "gunicorn_workers" in found["workers"].remedy
