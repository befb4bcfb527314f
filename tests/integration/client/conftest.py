import contextlib
import socket
import threading

import pytest


class RawSite:
    """A server on loopback that treats each connection as the next of `turns` says, the last one for ever."""

    def __init__(self, *turns):
        self.turns, self.connections, self.requests = list(turns), 0, []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
            threading.Thread(target=self._serve, args=(connection, turn), daemon=True).start()

    def _serve(self, connection, turn):
        with connection, contextlib.suppress(OSError):
            turn(self, connection)

    def read(self, connection):
        """One request, headers and body, as text; empty when the client has gone."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return ""
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        request = (head + b"\r\n\r\n" + body).decode("utf-8", "replace")
        with self._lock:
            self.requests.append(request)
        return request

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def serve():
    sites = []

    def serve(*turns):
        sites.append(RawSite(*turns))
        return sites[-1]

    yield serve
    for site in sites:
        site.close()
