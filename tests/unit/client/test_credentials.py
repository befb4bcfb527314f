"""Who a client acts as."""

import pytest

from erpnext_connector.client import Anonymous, ApiKey, Bearer
from erpnext_connector.errors import BadRequest
from erpnext_connector.secret import Secret


def test_an_api_key_is_sent_as_frappe_wants_it():
    header = ApiKey("key", Secret("hush")).authorization()
    assert header is not None
    assert header.reveal() == "token key:hush"


def test_a_bearer_is_sent_as_frappe_wants_it():
    header = Bearer(Secret("hush")).authorization()
    assert header is not None
    assert header.reveal() == "Bearer hush"


def test_nobody_sends_no_header():
    assert Anonymous().authorization() is None


@pytest.mark.parametrize("credentials", [ApiKey("key", Secret("hush")), Bearer(Secret("hush"))])
def test_what_was_refused_is_not_offered_again(credentials):
    assert credentials.authorization(credentials.authorization()) is None


@pytest.mark.parametrize("credentials", [ApiKey("key", Secret("hush")), Bearer(Secret("hush"))])
def test_secrets_do_not_show(credentials):
    assert "hush" not in repr(credentials)
    assert "hush" not in str(credentials)


@pytest.mark.parametrize("text", ["a b", "line\nend", "naïve", "nul\0", "tab\t"])
def test_what_no_header_can_carry_is_refused_without_being_quoted(text):
    with pytest.raises(BadRequest) as refused:
        Bearer(Secret(text))
    assert text not in str(refused.value)
