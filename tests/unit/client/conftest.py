import pytest

from tests.unit.client.site import Asynchronous, Blocking, FakeSite


@pytest.fixture(params=[Blocking, Asynchronous], ids=["sync", "async"])
def connect(request, clock):
    """Connect a client of either kind to a site that gives these answers."""

    def connect(*answers, credentials=None, **options):
        site = answers[0] if len(answers) == 1 and isinstance(answers[0], FakeSite) else FakeSite(*answers)
        return request.param(site, clock, credentials, **options), site

    return connect
