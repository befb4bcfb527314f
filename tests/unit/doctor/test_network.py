import socket
import threading

import pytest

from erpnext_connector.doctor.network import check_name, place, reason
from erpnext_connector.doctor.report import Verdict
from erpnext_connector.wire.address import SiteAddress

ERP = SiteAddress("https://erp.example.com")


def answering(*addresses):
    return lambda host, port: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]


def failing(error):
    def resolve(host, port):
        raise error

    return resolve


def test_a_name_is_shown_with_each_of_its_addresses_once():
    finding = check_name(ERP, answering("192.0.2.1", "2001:db8::1", "192.0.2.1"))
    assert finding.verdict is Verdict.OK
    assert finding.evidence == "erp.example.com is 192.0.2.1, 2001:db8::1"


@pytest.mark.parametrize("url", ["https://192.0.2.1", "https://[2001:db8::1]:8443"])
def test_an_ip_address_is_not_looked_up(url):
    assert check_name(SiteAddress(url), failing(OSError("asked"))).verdict is Verdict.OK


def test_an_unknown_name_explains_what_frappe_says_then():
    finding = check_name(ERP, failing(socket.gaierror(socket.EAI_NONAME, "Name or service not known")))
    assert finding.verdict is Verdict.FAILED
    assert "does not resolve on this machine (Name or service not known)" in finding.evidence
    assert "/etc/hosts" in finding.remedy
    assert "Unable to make request to the Frappe Server URL" in finding.remedy


def test_a_dns_server_that_fails_is_told_from_a_name_that_is_unknown():
    finding = check_name(ERP, failing(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")))
    assert finding.verdict is Verdict.FAILED
    assert "/etc/resolv.conf" in finding.remedy


def test_a_dns_server_that_never_answers_is_not_waited_for():
    stop = threading.Event()

    def hang(host, port):
        stop.wait(10)
        return []

    finding = check_name(ERP, hang, seconds=0.05)
    stop.set()
    assert finding.verdict is Verdict.FAILED
    assert "no answer" in finding.evidence
    assert "/etc/resolv.conf" in finding.remedy


def test_a_place_is_written_as_in_an_address():
    assert place(SiteAddress("https://erp.example.com")) == "erp.example.com:443"
    assert place(SiteAddress("http://[::1]:8000")) == "[::1]:8000"


def test_a_reason_is_plain_text():
    assert reason(ConnectionRefusedError(111, "Connection refused")) == "Connection refused"
    assert reason(TimeoutError()) == "TimeoutError"
