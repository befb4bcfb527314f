"""After a full life of the control data, no secret can be read from the database, its log or our logs."""

from __future__ import annotations

import itertools
import logging
import traceback
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from erpnext_connector.errors import ConnectorError, GrantLost, SignatureInvalid
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.pending import PendingSignIns
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.tables import metadata
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.webhook import SIGNATURE_HEADER, sign
from tests.clocks import ManualClock
from tests.integration.store.issuer import ANN


class Life:
    """Uses every part of the store as an app does, and remembers each secret that passed."""

    def __init__(self, url: str, clock: ManualClock) -> None:
        self.clock = clock
        self.secrets: list[str] = []
        self.told: list[str] = []
        self._count = itertools.count()
        self.database = Database(url)
        self.keyring = KeyRing([b"k" * 32])
        self.site = Site(
            "main", "https://erp.example.com", "client", self.new(), "api-key", self.new(), (self.new(), self.new())
        )
        self.sites = Sites(self.database, self.keyring)
        self.sessions = Sessions(self.database, clock)

    def new(self) -> Secret:
        return self.seen(Secret(f"open-sesame-{next(self._count)}"))

    def seen(self, secret: Secret) -> Secret:
        self.secrets.append(secret.reveal())
        return secret

    def tokens(self) -> TokenSet:
        return TokenSet(
            access=self.new(),
            refresh=self.new(),
            expires_at=self.clock.now() + 3600,
            scope="all",
            id_token=self.new(),
        )

    def live(self) -> None:
        self.sites.put(self.site)
        self._sign_in()
        self._work()
        self._hear()
        self._lose()

    def _sign_in(self) -> None:
        pending = PendingSignIns(self.database, self.keyring, self.clock)
        states = [self.new(), self.new()]
        nonce = self.new()
        for state in states:
            browser = self.seen(pending.begin("main", "/next", state=state, verifier=self.new(), nonce=nonce))
        pending.take(states[1], browser)
        for _ in range(2):
            session = self.sessions.start("main", ANN.user)
            self.seen(session.id)
            self.seen(session.csrf)
        self.sessions.end(session.id)

    def _work(self) -> None:
        vault = Vault(self.database, self.keyring, self.clock, lambda _site, _tokens: self.tokens())
        vault.keep("main", ANN, self.tokens())
        for _ in range(3):
            self.clock.advance(3600)
            vault.fresh("main", ANN.user)
        Ledger(self.database, self.clock, UserKeys(self.database, self.keyring)).record(
            "main", ANN.user, "get", "Item", "A", outcome="ok", duration_ms=1.0
        )

    def _hear(self) -> None:
        inbox = Inbox(self.database, self.clock, lambda _: self.site.webhook_secrets, attempts=1)
        body = msgspec.json.encode({"doctype": "Item", "name": "A", "event": "on_update", "modified": "x"})

        @inbox.on()
        def fail(event: Event) -> None:
            raise GrantLost(f"{self.site} {event}")

        inbox.accept("main", body, {SIGNATURE_HEADER: sign(body, self.site.webhook_secrets[1])})
        inbox.work()
        self._provoke(SignatureInvalid, lambda: inbox.accept("main", body, {SIGNATURE_HEADER: "forged"}))

    def _lose(self) -> None:
        """One more user, whose grant is lost, and a keyring that does not fit: both raise with secrets at hand."""

        def lose(_site: str, tokens: TokenSet) -> TokenSet:
            raise GrantLost

        vault = Vault(self.database, self.keyring, self.clock, lose)
        vault.keep("main", ANN, self.tokens())
        stranger = Vault(self.database, KeyRing([b"x" * 32]), self.clock, lose)
        self._provoke(ConnectorError, lambda: stranger.fresh("main", ANN.user))
        self.clock.advance(3600)
        self._provoke(GrantLost, lambda: vault.fresh("main", ANN.user))
        vault.keep("main", ANN, self.tokens())

    def break_the_database(self) -> None:
        """Statements that fail with secrets among their parameters."""
        with self.database.begin() as connection:
            connection.execute(text("ALTER TABLE connector_sites RENAME COLUMN sealed_secrets TO gone"))
            connection.execute(text("ALTER TABLE connector_sessions RENAME COLUMN user_id TO gone"))
        self._provoke((SQLAlchemyError, ConnectorError), lambda: self.sites.put(self.site))
        self._provoke((SQLAlchemyError, ConnectorError), lambda: self.sessions.start("main", self.new().reveal()))

    def _provoke(self, expected: type[Exception] | tuple[type[Exception], ...], act: object) -> None:
        with pytest.raises(expected) as raised:
            act()  # type: ignore[operator]
        shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        self.told.append("".join(traceback.format_exception(raised.value)))
        self.told.append("".join(frame.name for frame in shown.stack))


def _stored(url: str, database: Database) -> bytes:
    """Every byte that the database keeps: the files of SQLite, every column of PostgreSQL."""
    if make_url(url).drivername == "sqlite":
        path = Path(str(make_url(url).database))
        return b"\n".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    with database.read() as connection:
        rows = [tuple(row) for table in metadata.sorted_tables for row in connection.execute(table.select())]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def test_no_secret_lies_in_clear_in_the_database_or_in_the_logs(
    database_url: str, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        life = Life(database_url, clock)
        life.live()
        stored = _stored(database_url, life.database)
        life.break_the_database()
    life.database.close()
    told = caplog.text + "".join(life.told)
    assert len(life.secrets) > 25
    assert ANN.user.encode() in stored, "the search must find what is there"
    assert ANN.full_name.encode() not in stored
    assert "is parked after" in told
    assert [secret for secret in life.secrets if secret.encode() in stored] == []
    assert [secret for secret in life.secrets if secret in told] == []
