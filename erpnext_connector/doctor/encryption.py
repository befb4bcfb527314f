"""Whether the traffic to a site is encrypted, by a certificate that this machine trusts."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from erpnext_connector.doctor.certificate import Certificate, presented
from erpnext_connector.doctor.network import connect, place, reason
from erpnext_connector.doctor.report import Finding, failed, ok, unknown, warning
from erpnext_connector.wire.address import SiteAddress

EXPIRY_WARNING_DAYS: Final = 14
_PROBE: Final = b"HEAD /api/method/ping HTTP/1.0\r\n\r\n"

_GET_ONE: Final = "Get a certificate from a public authority (bench setup lets-encrypt SITE)"
_OWN_AUTHORITY: Final = (
    "for a private authority, add its root certificate to this machine's trust store, or name its file in "
    "SSL_CERT_FILE. Never switch verification off"
)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is said of a certificate that is not trusted; `evidence` is filled with what the certificate says."""

    evidence: str
    remedy: str


_NOT_YET: Final = _Fault(
    "the certificate begins to be valid only on {begins}",
    "Check this machine's clock first (timedatectl); if it is right, install a certificate that is valid today.",
)
_EXPIRED: Final = _Fault(
    "the certificate expired on {ends}", "Renew it (sudo bench renew-lets-encrypt), and reload the web server."
)
_SELF_SIGNED: Final = _Fault(
    "the certificate is signed by nobody but itself ({issuer})", f"{_GET_ONE}; {_OWN_AUTHORITY}."
)
_UNKNOWN_ISSUER: Final = _Fault(
    "the certificate is issued by {issuer}, which this machine does not trust",
    "If that is a public authority, the server sends its own certificate alone: let it send the whole chain "
    f"(fullchain.pem); {_OWN_AUTHORITY}.",
)
_OTHER_HOST: Final = _Fault(
    "the certificate is for {hosts}, not for {host}",
    f"Use a name that the certificate is for as the site's address. {_GET_ONE} for this name, if it is the right one.",
)
# OpenSSL's X509_V_ERR_* numbers.
_FAULTS: Final[Mapping[int, _Fault]] = {
    9: _NOT_YET,
    10: _EXPIRED,
    18: _SELF_SIGNED,
    19: _UNKNOWN_ISSUER,
    20: _UNKNOWN_ISSUER,
    21: _UNKNOWN_ISSUER,
    62: _OTHER_HOST,
    64: _OTHER_HOST,
}


def is_encrypted(address: SiteAddress) -> bool:
    """Whether the site is spoken to by https."""
    return address.url.startswith("https:")


def check_encryption(address: SiteAddress, tls: ssl.SSLContext, now: float) -> Finding:
    """Is the traffic encrypted, by a certificate that is trusted and valid for a while? `now` is in epoch seconds."""
    if not is_encrypted(address):
        return _plain(address)
    try:
        with connect(address) as plain, tls.wrap_socket(plain, server_hostname=address.host) as encrypted:
            version, der = encrypted.version() or "TLS", encrypted.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        return _untrusted(address, error)
    except OSError as error:
        return _no_tls(address, error)
    return _expiry(der, version, now)


def _plain(address: SiteAddress) -> Finding:
    if address.is_loopback:
        return ok("encryption", "plain http, which is fine as it does not leave this machine")
    return failed(
        "encryption",
        "plain http to another machine: tokens and passwords can be read on the way",
        f"{_GET_ONE}, then use https:// in the address. The connector refuses plain http.",
    )


def _untrusted(address: SiteAddress, error: ssl.SSLCertVerificationError) -> Finding:
    fault, shown = _FAULTS.get(error.verify_code), presented(address)
    if fault is None or shown is None:
        return failed("encryption", f"the certificate is not trusted: {error.verify_message}", f"{_GET_ONE}.")
    evidence = fault.evidence.format(
        host=address.host,
        hosts=", ".join(shown.hosts) or "no host",
        issuer=shown.issuer,
        begins=f"{shown.begins_at:%Y-%m-%d}",
        ends=f"{shown.ends_at:%Y-%m-%d}",
    )
    return failed("encryption", evidence, fault.remedy)


def _no_tls(address: SiteAddress, error: OSError) -> Finding:
    if _speaks_plain_http(address):
        return failed("encryption", f"{place(address)} speaks plain http, not https", _remedy_for_plain(address))
    return failed(
        "encryption",
        f"the TLS handshake fails ({_tls_reason(error)})",
        "Check that the port is the one for https, that the server speaks TLS 1.2 or newer, and, with several sites "
        "behind it, that it has a certificate for this name.",
    )


def _remedy_for_plain(address: SiteAddress) -> str:
    if address.is_loopback:
        return f"Write http://{place(address)}: without a scheme an address means https."
    return f"{_GET_ONE}, and use the port at which the web server speaks https (usually 443)."


def _tls_reason(error: OSError) -> str:
    """OpenSSL's own name for it, which is worth a search."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.reason if isinstance(error, ssl.SSLError) else None) or reason(error)


def _speaks_plain_http(address: SiteAddress) -> bool:
    try:
        with connect(address) as plain:
            plain.sendall(_PROBE)
            return plain.recv(5) == b"HTTP/"
    except OSError:
        return False


def _expiry(der: bytes, version: str, now: float) -> Finding:
    try:
        certificate = Certificate.read(der)
    except ValueError:
        return unknown("encryption", f"{version}; the certificate could not be read")
    days = int((certificate.ends_at.timestamp() - now) // 86400)
    evidence = f"{version}, certificate by {certificate.issuer} valid until {certificate.ends_at:%Y-%m-%d}"
    if days < EXPIRY_WARNING_DAYS:
        return warning("encryption", f"{evidence}: {days} days left", f"{_EXPIRED.remedy} Check why nobody did.")
    return ok("encryption", evidence)
