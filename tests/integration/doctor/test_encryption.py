"""Certificates as servers really show them."""

import socket

import pytest

from erpnext_connector.doctor.report import Verdict


def test_a_trusted_certificate_is_shown_with_its_issuer_and_its_end(serve, findings, authority):
    found = findings(serve(tls=authority.server("localhost")), tls=authority.trust)
    assert found["encryption"].verdict is Verdict.OK
    assert "TLSv1.3, certificate by Test Authority valid until 20" in found["encryption"].evidence
    assert found["frappe"].verdict is Verdict.OK
    assert found["workers"].verdict is Verdict.OK


def test_a_site_at_an_ipv6_address_is_examined_like_any_other(serve, findings, authority):
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    found = findings(serve(tls=authority.server("::1"), host="::1"), tls=authority.trust)
    assert [finding for finding in found.values() if finding.verdict is Verdict.FAILED] == []
    assert found["port"].evidence.startswith("[::1]:")


def test_a_certificate_that_ends_soon_is_a_warning(serve, findings, authority):
    found = findings(serve(tls=authority.server("localhost", days=(-80, 9.5))), tls=authority.trust)
    assert found["encryption"].verdict is Verdict.WARNING
    assert found["encryption"].evidence.endswith("9 days left")
    assert "lets-encrypt" in found["encryption"].remedy
    assert "frappe" in found


@pytest.mark.parametrize(
    ("certificate", "evidence", "remedy"),
    [
        ({"hosts": ["localhost"], "days": (-90, -1)}, "the certificate expired on 20", "renew"),
        ({"hosts": ["localhost"], "days": (2, 90)}, "begins to be valid only on 20", "this machine's clock"),
        (
            {"hosts": ["erp.example.com", "192.0.2.7"]},
            "is for erp.example.com, 192.0.2.7, not for localhost",
            "site's address",
        ),
        ({"hosts": ["localhost"], "self_signed": True}, "signed by nobody but itself (localhost)", "SSL_CERT_FILE"),
    ],
    ids=["expired", "not yet", "wrong host", "self-signed"],
)
def test_a_certificate_that_can_not_be_trusted_is_told_apart(serve, findings, authority, certificate, evidence, remedy):
    options = dict(certificate)
    found = findings(serve(tls=authority.server(*options.pop("hosts"), **options)), tls=authority.trust)
    assert list(found) == ["address", "name", "port", "encryption"]
    assert found["encryption"].verdict is Verdict.FAILED
    assert evidence in found["encryption"].evidence
    assert remedy in found["encryption"].remedy


def test_an_authority_that_this_machine_does_not_know_is_named(serve, findings, authority):
    found = findings(serve(tls=authority.server("localhost")))
    assert found["encryption"].verdict is Verdict.FAILED
    assert "issued by Test Authority, which this machine does not trust" in found["encryption"].evidence
    assert "fullchain.pem" in found["encryption"].remedy


def test_https_asked_of_a_port_that_speaks_http_is_recognized(serve, findings):
    found = findings(serve().replace("http:", "https:"))
    assert "speaks plain http, not https" in found["encryption"].evidence
    assert found["encryption"].remedy.startswith("Write http://127.0.0.1:")


def test_http_asked_of_a_port_that_speaks_https_is_recognized(serve, findings, authority):
    found = findings(serve(tls=authority.server("localhost")).replace("https:", "http:"))
    assert "speaks https, not plain http" in found["frappe"].evidence
    assert found["frappe"].remedy.startswith("Write https://localhost:")


def test_a_server_without_any_common_protocol_is_told_with_openssls_reason(serve, findings, authority):
    context = authority.server("localhost")
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # which no key of this server fits
    context.maximum_version = context.minimum_version
    found = findings(serve(tls=context), tls=authority.trust)
    assert "the TLS handshake fails (" in found["encryption"].evidence
    assert "TLS 1.2" in found["encryption"].remedy


def _has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
