"""What the tests against a live site may ask for; without ERPNEXT_URL all of them are skipped."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from erpnext_connector import ApiKey, Client, Secret
from tests.clients import Asynchronous, Blocking

from .access import Access
from .dispatch import Dispatch, running
from .made import Made
from .person import Person


@pytest.fixture(scope="session")
def access() -> Access:
    return Access.from_environment(os.environ)


@pytest.fixture(scope="session")
def manager(access: Access) -> Iterator[Client]:
    """A client with the System Manager's API key."""
    if reason := access.missing("ERPNEXT_API_KEY", "ERPNEXT_API_SECRET"):
        pytest.skip(reason)
    with Client(access.url, ApiKey(access.api_key, Secret(access.api_secret))) as client:
        yield client


@pytest.fixture(params=[Blocking, Asynchronous], ids=["sync", "async"])
def client(request: pytest.FixtureRequest, access: Access, manager: Client) -> Iterator[Any]:
    """Each of both clients with that API key."""
    client = request.param(access.url, manager.credentials)
    yield client
    client.close()


@pytest.fixture
def made(manager: Client) -> Iterator[Made]:
    made = Made(manager)
    yield made
    made.clear()


@pytest.fixture(scope="package")
def dispatch(access: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatch]:
    """Dispatch, running beside the site; in the end its user's access is taken back."""
    if reason := access.missing("ERPNEXT_CLIENT_ID", "ERPNEXT_USER", "ERPNEXT_PASSWORD"):
        pytest.skip(reason)
    secret, directory = secrets.token_urlsafe(24), tmp_path_factory.mktemp("dispatch")
    with closing(Person(access)) as person, running(access, secret, directory) as dispatch:
        person.log_in()  # a wrong password is tried once, not in each test: Frappe locks accounts
        yield dispatch
        person.log_in()
        if person.has_granted():
            person.revoke()  # which deletes every token that the user ever gave this app
    assert "Traceback" not in dispatch.log


@pytest.fixture
def somebody(access: Access, dispatch: Dispatch) -> Iterator[Callable[[], Person]]:
    """Makes people who use Dispatch, each with a browser of their own."""
    people: list[Person] = []

    def make() -> Person:
        people.append(Person(access))
        return people[-1]

    yield make
    for person in people:
        person.close()


@pytest.fixture
def person(somebody: Callable[[], Person]) -> Person:
    """Somebody who has signed in."""
    person = somebody()
    assert person.sign_in().status_code == 200
    return person
