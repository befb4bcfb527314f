"""What the findings make of an answer, without asking anybody."""

import pytest

from erpnext_connector.call import Reply
from erpnext_connector.doctor.frappe import judge_skew, shown
from erpnext_connector.doctor.oauth import check_redirect_uri, judge_document
from erpnext_connector.doctor.report import Verdict
from erpnext_connector.doctor.workers import collector

CALLBACK = "https://app.example.com/erpnext/callback"


@pytest.mark.parametrize(
    ("seconds", "verdict", "evidence"),
    [
        (0.4, Verdict.OK, "agree within 2 s"),
        (-1.9, Verdict.OK, "agree within 2 s"),
        (29.0, Verdict.OK, "29 s ahead of"),
        (31.0, Verdict.WARNING, "31 s ahead of"),
        (-3600.0, Verdict.WARNING, "3600 s behind"),
    ],
)
def test_clocks_may_differ_a_little(seconds, verdict, evidence):
    finding = judge_skew(seconds)
    assert finding.verdict is verdict
    assert evidence in finding.evidence


@pytest.mark.parametrize(
    "redirect_uri",
    [
        CALLBACK,
        "http://localhost:8000/erpnext/callback",
        "http://[::1]:8000/callback",
        "https://app.example.com:8443/x",
    ],
)
def test_a_redirect_uri_that_people_can_be_sent_to_is_fine(redirect_uri):
    finding = check_redirect_uri(redirect_uri)
    assert finding.verdict is Verdict.OK
    assert finding.evidence.startswith(redirect_uri)


@pytest.mark.parametrize(
    ("redirect_uri", "remedy"),
    [
        ("http://app.example.com/erpnext/callback", "Serve the app over https"),
        ("app.example.com/erpnext/callback", "https://"),
        ("ftp://app.example.com/erpnext/callback", "https://"),
        ("https:///erpnext/callback", "https://"),
        ("https://user:pw@app.example.com/callback", "https://"),
        ("https://[app/callback", "https://"),
        ("https://app.example.com/my app/callback", "without them"),
        ("https://app.example.com/callback?next=1", "without them"),
        ("https://app.example.com/#/callback", "without them"),
    ],
)
def test_a_redirect_uri_that_can_not_work_is_told_with_what_to_do(redirect_uri, remedy):
    finding = check_redirect_uri(redirect_uri)
    assert finding.verdict is Verdict.FAILED
    assert remedy in finding.remedy


@pytest.mark.parametrize("registered", [CALLBACK, f"https://other.example.com/ {CALLBACK}"])
def test_an_oauth_client_with_the_redirect_uri_is_fine(registered):
    finding = judge_document({"app_name": "Dispatch", "redirect_uris": registered}, CALLBACK)
    assert finding.verdict is Verdict.OK
    assert "Dispatch has the redirect URI" in finding.evidence


@pytest.mark.parametrize(
    ("registered", "evidence"),
    [
        (f"{CALLBACK}/", f"{CALLBACK}/, not {CALLBACK}"),
        ("", "has no redirect URI"),
        (None, "has no redirect URI"),
        (f"https://other.example.com/\n{CALLBACK}", "on lines of their own"),
    ],
)
def test_an_oauth_client_whose_redirect_uris_differ_by_one_character_fails(registered, evidence):
    finding = judge_document({"name": "abc", "redirect_uris": registered}, CALLBACK)
    assert finding.verdict is Verdict.FAILED
    assert evidence in finding.evidence
    assert "one blank" in finding.remedy


def test_an_oauth_client_is_shown_when_the_app_has_no_address_yet():
    finding = judge_document({"app_name": "Dispatch", "redirect_uris": CALLBACK}, "")
    assert finding.verdict is Verdict.OK
    assert CALLBACK in finding.evidence


@pytest.mark.parametrize(
    ("headers", "front"),
    [
        ({"server": "nginx/1.24.0"}, "nginx/1.24.0"),
        ({"server": "cloudflare"}, "cloudflare"),
        ({"server": "gunicorn", "via": "1.1 varnish"}, "1.1 varnish"),
        ({"server": "gunicorn"}, ""),
        ({}, ""),
    ],
)
def test_a_server_that_holds_requests_back_is_recognized(headers, front):
    assert collector(Reply(200, headers)) == front


def test_a_page_is_shown_by_its_title():
    page = Reply(200, {"content-type": "text/html; charset=utf-8"}, b"<html><TITLE>\n Welcome to nginx! </TITLE>")
    assert shown(page) == "200 ('Welcome to nginx!')"
    assert shown(Reply(404, {"content-type": "text/html; charset=utf-8"}, b"no")) == "404 (text/html)"
    assert shown(Reply(204, {})) == "204 (no content type)"
