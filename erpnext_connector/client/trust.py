"""Which certificates a connection trusts."""

from __future__ import annotations

import ssl

import httpx2


def trusted_here() -> ssl.SSLContext:
    """What a connection goes by when it is not told otherwise: the machine's authorities, or SSL_CERT_FILE."""
    return httpx2.create_ssl_context()
