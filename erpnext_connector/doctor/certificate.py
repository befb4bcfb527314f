"""What a server's certificate says of itself."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from erpnext_connector.doctor.network import connect
from erpnext_connector.wire.address import SiteAddress


@dataclass(frozen=True, slots=True)
class Certificate:
    """For which hosts it was issued, by whom, from when until when (in UTC)."""

    hosts: tuple[str, ...]
    issuer: str
    begins_at: datetime
    ends_at: datetime

    @classmethod
    def read(cls, der: bytes) -> Certificate:
        """Raises `ValueError` for what is no certificate."""
        found = x509.load_der_x509_certificate(der)
        return cls(_hosts(found), _shown(found.issuer), found.not_valid_before_utc, found.not_valid_after_utc)


def presented(address: SiteAddress) -> Certificate | None:
    """The certificate that a server shows, trusted or not; None when it shows none that can be read."""
    try:
        with connect(address) as plain, _unverified().wrap_socket(plain, server_hostname=address.host) as encrypted:
            return Certificate.read(encrypted.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return None


def speaks_tls(address: SiteAddress) -> bool:
    """Whether the port answers a TLS handshake."""
    try:
        with connect(address) as plain, _unverified().wrap_socket(plain, server_hostname=address.host):
            return True
    except (OSError, ValueError):
        return False


def _unverified() -> ssl.SSLContext:
    """For looking only: nothing secret goes through it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(names, x509.SubjectAlternativeName)
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _shown(name: x509.Name) -> str:
    """The organization, or whatever there is: a self-made certificate has a common name only."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        found = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return name.rfc4514_string() or "nobody"
