"""What the clients cost: CPU per call beside a bare HTTP loop, import time, and how fast the sandbox starts.

`python -m benchmarks.client --quick --json` prints the figures; CPU is that of the calling process alone, the server
runs in another. The loops take turns, and the best round of each counts: other work on the machine only adds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx2

from erpnext_connector.client import ApiKey, AsyncClient, Client
from erpnext_connector.secret import Secret

GOALS = {"sync_cpu_ratio": 1.25, "async_cpu_ratio": 1.25, "import_s": 0.4, "sandbox_start_s": 1.0}
PATH = "/api/resource/Item/Hex%20Bolt"
KEY = ApiKey("key", Secret("secret"))


@dataclass(frozen=True, slots=True)
class Figures:
    """Ratios to the bare loop, and the microseconds they come from; times in seconds, None where not available."""

    sync_cpu_ratio: float
    async_cpu_ratio: float
    import_s: float
    sandbox_start_s: float | None
    sync_cpu_us: float
    sync_bare_cpu_us: float
    async_cpu_us: float
    async_bare_cpu_us: float


def measure(*, rounds: int, calls: int) -> Figures:
    """All figures; each loop runs `rounds` times over `calls` calls."""
    with serving() as url:
        bare, ours = measure_sync(url, rounds, calls)
        async_bare, async_ours = asyncio.run(measure_async(url, rounds, calls))
    return Figures(
        sync_cpu_ratio=round(ours / bare, 3),
        async_cpu_ratio=round(async_ours / async_bare, 3),
        import_s=round(min(import_seconds() for _ in range(5)), 3),
        sandbox_start_s=sandbox_start_seconds(),
        sync_cpu_us=round(ours, 1),
        sync_bare_cpu_us=round(bare, 1),
        async_cpu_us=round(async_ours, 1),
        async_bare_cpu_us=round(async_bare, 1),
    )


def measure_sync(url: str, rounds: int, calls: int) -> tuple[float, float]:
    """CPU microseconds per call: the bare loop's, ours."""
    headers = {"Accept": "application/json", "Authorization": "token key:secret"}
    with httpx2.Client(headers=headers) as http, Client(url, KEY) as client:
        address = url + PATH

        def bare() -> object:
            return http.get(address).json()["data"]

        def ours() -> object:
            return client.get("Item", "Hex Bolt")

        assert bare() == ours()
        best = [float("inf")] * 2
        for _ in range(rounds):
            for index, work in enumerate((bare, ours)):
                best[index] = min(best[index], _cpu(work, calls))
    return best[0], best[1]


async def measure_async(url: str, rounds: int, calls: int) -> tuple[float, float]:
    """The same on asyncio."""
    headers = {"Accept": "application/json", "Authorization": "token key:secret"}
    async with httpx2.AsyncClient(headers=headers) as http, AsyncClient(url, KEY) as client:
        address = url + PATH

        async def bare() -> object:
            return (await http.get(address)).json()["data"]

        async def ours() -> object:
            return await client.get("Item", "Hex Bolt")

        assert await bare() == await ours()
        best = [float("inf")] * 2
        for _ in range(rounds):
            for index, work in enumerate((bare, ours)):
                best[index] = min(best[index], await _async_cpu(work, calls))
    return best[0], best[1]


def _cpu(work: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls * 1e6


async def _async_cpu(work: Callable[[], Awaitable[object]], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        await work()
    return (time.process_time() - started) / calls * 1e6


def import_seconds() -> float:
    """How long `import erpnext_connector` takes in a fresh interpreter."""
    code = "import time; started = time.perf_counter(); import erpnext_connector; print(time.perf_counter() - started)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def sandbox_start_seconds() -> float | None:
    """From the command to the first answer; None where the sandbox can't run."""
    if find_spec("uvicorn") is None or find_spec("erpnext_connector.sandbox") is None:
        return None
    code = "from erpnext_connector.cli.main import main; main()"
    with tempfile.TemporaryDirectory() as directory:
        variables = Path(directory) / "vars.json"
        command = [sys.executable, "-c", code, "sandbox", "--port", "0", "--vars", str(variables)]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _answered_after(started, variables, process)
        finally:
            process.terminate()
            process.wait(10)


def _answered_after(started: float, variables: Path, process: subprocess.Popen[bytes]) -> float | None:
    while process.poll() is None and time.perf_counter() - started < 60:
        time.sleep(0.005)
        try:
            url = json.loads(variables.read_text())["base_url"]
            with urlopen(f"{url}/api/method/ping", timeout=5):
                return round(time.perf_counter() - started, 3)
        except (OSError, ValueError, URLError):
            continue
    return None


# --- the server --------------------------------------------------------------------------------------------------


def answer() -> bytes:
    """An Item as Frappe answers it, cookies and all."""
    document = {"name": "Hex Bolt", "doctype": "Item", "modified": "2026-01-01 10:00:00.000001"}
    document |= {f"field_{number}": f"value of field {number} of an item" for number in range(40)}
    body = json.dumps({"data": document}).encode()
    head = [
        "HTTP/1.1 200 OK",
        "Server: gunicorn",
        "Date: Mon, 23 Nov 2026 10:00:00 GMT",
        "Connection: keep-alive",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Set-Cookie: sid=Guest; Expires=Thu, 26 Nov 2026 10:00:00 GMT; Max-Age=259200; HttpOnly; Path=/; SameSite=Lax",
        "Set-Cookie: system_user=yes; Path=/; SameSite=Lax",
        "Set-Cookie: full_name=Guest; Path=/; SameSite=Lax",
        "Set-Cookie: user_id=Guest; Path=/; SameSite=Lax",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


class Answering(asyncio.Protocol):
    """Answers every request with the same document."""

    content = answer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self.transport.write(self.content)


async def serve() -> None:
    """Serve until killed; the first line printed is the port."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.client", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve())
        return
    figures = asdict(measure(rounds=10 if arguments.quick else 40, calls=200))
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value!s:>8}{f'   goal {GOALS[name]}' if name in GOALS else ''}")


if __name__ == "__main__":
    main()
