"""Every recorded exchange with a real Frappe server, asked again of the sandbox."""

import json
import socket
import threading
from pathlib import Path

import httpx2
import pytest
import uvicorn

from erpnext_connector.sandbox.app import create_app
from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.demo import prepare
from erpnext_connector.sandbox.loading import open_site
from tests.contract import contract

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")  # the replay tool is as it was

RECORDINGS = Path(__file__).parent / "recordings"
MOST_DIFFERENT = 8
VERIFIER = "a-verifier-that-is-long-enough-0123456789-abcdefghij"
PORT = "the recorded address holds the port of the recorded server inside a percent-encoded URL"
TOUCHED = "somebody had saved the UOM before the recording: its modified_by is not the dataset's"
SQL = "the words of MariaDB's message quote the SQL that Frappe wrote"
TRACEBACK = "the traceback quotes lines of Frappe's source"

DIFFERENT = {
    14: {"authorize/guest": PORT},
    15: {"authorize/guest": PORT},
    16: {"authorize/guest": PORT, "document/expand_links": TOUCHED, "method/get_by_filters": TOUCHED},
}
DIFFERENT_WORDS = {
    14: {"list/filter_between": SQL},
    15: {
        "list/filter_between": SQL,
        "v2/forbidden": TRACEBACK,
        "v2/create_missing_mandatory": TRACEBACK,
        "v2/guest": TRACEBACK,
    },
    16: {"v2/forbidden": TRACEBACK, "v2/create_missing_mandatory": TRACEBACK},
}


@pytest.fixture(scope="module", params=[14, 15, 16])
def replayed(request):
    """A version with the answers of its sandbox to every recorded request, beside the recorded case."""
    site = open_site(request.param)
    variables = prepare(site, Dataset.built_in().users(), {}).variables
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(create_app(site=site), log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield request.param, _answers(request.param, url, variables)
        finally:
            server.should_exit = True
            thread.join()


def _answers(version, url, variables):
    known = {**variables, "base_url": url, "verifier": VERIFIER, "challenge": contract.pkce(VERIFIER)}
    cases = [json.loads(line) for line in (RECORDINGS / f"v{version}.jsonl").read_text().splitlines()]
    with httpx2.Client(base_url=url, timeout=60, follow_redirects=False, trust_env=False) as client:
        return [(case, contract.run_case(client, case, known)) for case in cases]


def _different(answers, *, strict):
    found = {}
    for case, got in answers:
        loose = {"set_cookie", "headers.content-type", *case.get("loose", ())}
        words_matter = strict or case["response"]["status"] < 400
        differences = contract.differences(case["response"], got, loose=loose, prose_matters=words_matter)
        if differences:
            found[f"{case['group']}/{case['id']}"] = differences
    return found


def test_the_sandbox_answers_as_the_recorded_server_did(replayed, record_property):
    version, answers = replayed
    found = _different(answers, strict=False)
    record_property("passed", f"{len(answers) - len(found)} of {len(answers)}")
    assert len(answers) == 206
    assert found.keys() == DIFFERENT[version].keys(), found
    assert len(found) <= MOST_DIFFERENT


def test_the_sandbox_uses_the_words_of_the_recorded_server(replayed, record_property):
    version, answers = replayed
    found = _different(answers, strict=True)
    record_property("passed strictly", f"{len(answers) - len(found)} of {len(answers)}")
    assert found.keys() == (DIFFERENT[version] | DIFFERENT_WORDS[version]).keys(), found
