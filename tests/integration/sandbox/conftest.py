import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest


class Listener:
    """A web server that keeps what it is sent, answering with `answers` in turn, then with 200."""

    def __init__(self):
        self.received, self.answers, self.delays = [], [], []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                listener.received.append((self.command, self.path, dict(self.headers), body))
                status, location = listener.answers.pop(0) if listener.answers else (200, None)
                if listener.delays:
                    time.sleep(listener.delays.pop(0))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        for verb in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{verb}", Handler.take)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@dataclass
class Running:
    """A sandbox that runs in a process of its own, as the command starts it."""

    url: str
    variables: dict
    process: subprocess.Popen

    def client(self, **headers):
        """A client that keeps cookies, as a browser does, but follows no redirect."""
        return httpx2.Client(base_url=self.url, headers={"Accept": "application/json", **headers}, timeout=20)

    def manager(self):
        """A client with the manager's API key."""
        return self.client(Authorization=f"token {self.variables['api_key']}:{self.variables['api_secret']}")

    def stop(self):
        self.process.terminate()
        return self.process.communicate(timeout=10)


@pytest.fixture
def start(tmp_path):
    """Start `erpnext-connector sandbox` with these options."""
    running = []

    def start(*options):
        variables = tmp_path / f"vars-{len(running)}.json"
        command = "from erpnext_connector.cli.main import main; main()"
        arguments = [sys.executable, "-c", command, "sandbox", "--port", "0", "--vars", str(variables), *options]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(300):
            if variables.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert variables.exists(), process.communicate()[1]
        written = json.loads(variables.read_text())
        running.append(Running(written["base_url"], written, process))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.stop()
