import json

import pytest

from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.loading import open_site
from tests.unit.sandbox.asking import Asker, write_small_dataset

CALLBACK = "http://127.0.0.1:9/cb"
USERS = {
    "users": [
        {"name": "sales@example.com", "password": "right", "first_name": "Sally", "last_name": "Example", "roles": []},
        {"name": "stock@example.com", "password": "other", "first_name": "Stan"},
        {"name": "manager@example.com", "password": "third", "first_name": "Mona", "roles": ["System Manager"]},
    ],
    "oauth_clients": [
        {"app_name": "App", "redirect_uris": CALLBACK, "scopes": "all openid", "skip_authorization": 0},
        {"app_name": "Trusted", "redirect_uris": CALLBACK, "scopes": "all openid", "skip_authorization": 1},
    ],
}


class SetClock:
    """A clock that stands until a test moves it."""

    def __init__(self):
        self.seconds = 1_795_000_000.25

    def now(self):
        return self.seconds

    monotonic = now

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def make_site(tmp_path):
    """Make a site of a version with three users, two OAuth clients and no DocTypes of ERPNext."""
    (tmp_path / "doctypes.json").write_text("[]")
    (tmp_path / "documents.jsonl").write_text("")
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    sites = []

    def make(frappe=15):
        sites.append(open_site(frappe, datasets=[Dataset.at(tmp_path)], clock=SetClock()))
        sites[-1].begin()
        return sites[-1]

    yield make
    for site in sites:
        site.db.close()


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory):
    """A directory with the package's DocTypes and users, and a handful of its documents."""
    directory = tmp_path_factory.mktemp("dataset")
    write_small_dataset(directory)
    return Dataset.at(directory)


@pytest.fixture
def make_asker(small_dataset):
    """Ask a sandbox of a version over its HTTP side."""
    sites = []

    def make(frappe=15):
        sites.append(open_site(frappe, datasets=[small_dataset], clock=SetClock()))
        return Asker(sites[-1])

    yield make
    for site in sites:
        site.db.close()


@pytest.fixture
def asker(make_asker):
    return make_asker()
