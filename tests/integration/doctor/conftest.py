"""Real servers on this machine: sandboxes, others that are not what they should be, and ones that speak TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from erpnext_connector.clock import SystemClock
from erpnext_connector.doctor.examination import App, examine

OAUTH = "/api/method/frappe.integrations.oauth2."
PONG = (200, {}, b'{"message":"pong"}')
# What a guest gets from Frappe 15, as far as the doctor asks.
FRAPPE = {
    "/api/method/ping": PONG,
    "/api/v2/method/ping": (200, {}, b'{"data":"pong"}'),
    OAUTH + "authorize": (302, {"Location": "/login?redirect-to=x"}, b""),
    OAUTH + "get_token": (400, {}, b'{"error":"unsupported_grant_type"}'),
}
NOTHING = (404, {"Content-Type": "text/html"}, b"<title>Not Found</title>")


class Handler(BaseHTTPRequestHandler):
    """Answers a path with what the server's `answers` have for it."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = self.server.answers.get(self.path.partition("?")[0], NOTHING)
        self.send_response_only(status)
        defaults = {"Content-Type": "application/json", "Date": formatdate(usegmt=True), "Server": "gunicorn"}
        for name, value in (defaults | self.server.headers | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


for verb in ("GET", "POST", "OPTIONS", "HEAD"):
    setattr(Handler, f"do_{verb}", Handler.answer)


class KeepAlive(Handler):
    """The same, serving a connection until it is closed."""

    protocol_version = "HTTP/1.1"


def quiet(server_class, family):
    """A server that says nothing when a client goes away, or fails its handshake."""
    return type(
        "Quiet", (server_class,), {"handle_error": lambda *_: None, "daemon_threads": True, "address_family": family}
    )


@pytest.fixture
def serve():
    """Start a server: its address, for these answers and headers; `threads=False` serves one request at a time."""
    running = []

    def serve(answers=FRAPPE, headers=None, *, threads=True, handler=Handler, tls=None, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = quiet(ThreadingHTTPServer if threads else HTTPServer, family)((host, 0), handler)
        server.answers, server.headers = answers, headers or {}
        if tls:
            # The handshake happens when the handler reads, so that a client who stalls it blocks nobody else.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        running.append((server, thread))
        shown = f"[{host}]" if ":" in host else "localhost" if tls else host
        return f"{'https' if tls else 'http'}://{shown}:{server.server_port}"

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def findings(monkeypatch):
    """Examine a site, and look findings up by the names of their checks."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def findings(url, app=None, clock=None, tls=None):
        made = list(examine(url, app or App(), clock or SystemClock(), tls))
        return {finding.check: finding for finding in made}

    return findings


class Authority:
    """Issues certificates; `trust` is a client that trusts them."""

    def __init__(self, directory):
        self.directory, self.key, self.count = directory, ec.generate_private_key(ec.SECP256R1()), 0
        self.name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Authority")])
        root = self._sign(self.name, self.name, self.key, self.key, days=(-30, 30), authority=True)
        self.trust = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())

    def server(self, *hosts, days=(-1, 90), self_signed=False):
        """A server's TLS context whose certificate is for these hosts, valid from and to so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        issuer, signer = (name, key) if self_signed else (self.name, self.key)
        certificate = self._sign(name, issuer, key, signer, days=days, hosts=hosts)
        self.count += 1
        path = self.directory / f"{self.count}.pem"
        encoding = serialization.Encoding.PEM
        private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(certificate.public_bytes(encoding) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(self, subject, issuer, key, signer, *, days, hosts=(), authority=False):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if authority:
            usage = dict.fromkeys(
                (
                    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
                    *("key_agreement", "encipher_only", "decipher_only"),
                ),
                False,
            )
            builder = builder.add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer, hashes.SHA256())


def _general_name(host):
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))
