from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.errors import SiteAddressInvalid, SiteInsecure
from erpnext_connector.wire.site import SiteAddress


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://erp.example.com", "https://erp.example.com"),
        (" https://ERP.Example.com/ ", "https://erp.example.com"),
        ("erp.example.com", "https://erp.example.com"),
        ("erp.example.com:8443", "https://erp.example.com:8443"),
        ("https://erp.example.com:443", "https://erp.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://main.localhost:8000/", "http://main.localhost:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://müller.example.com", "https://xn--mller-kva.example.com"),
        ("https://erp.example.com.", "https://erp.example.com"),
        ("https://under_score.example.com", "https://under_score.example.com"),
    ],
)
def test_what_people_type_becomes_one_form(text: str, url: str) -> None:
    assert SiteAddress.parse(text).url == url
    assert SiteAddress.parse(url).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "ftp://erp.example.com",
        "javascript:alert(1)",
        "https://erp.example.com/app",
        "https://erp.example.com/?x=1",
        "https://erp.example.com/#x",
        "https://user:pw@erp.example.com",
        "https://user@erp.example.com",
        "https://erp.example.com:0",
        "https://erp.example.com:99999",
        "https://erp.example.com:http",
        "https://erp example.com",
        "https://größe.example.com",
        "https://erp.example.com\\@evil.com",
        "https://-erp.example.com",
        "https://a..b",
        "https://[::1",
        "https://[nope]",
        "https://1.2.3",
        "https://256.1.1.1",
        "https://erp.example.com\nHost: evil",
    ],
)
def test_anything_but_scheme_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(SiteAddressInvalid):
        SiteAddress.parse(text)


@pytest.mark.parametrize(
    "text", ["http://erp.example.com", "http://10.0.0.5", "http://localhost.evil.com", "http://0.0.0.0"]
)
def test_plain_http_leaves_this_machine_only_when_allowed(text: str) -> None:
    with pytest.raises(SiteInsecure):
        SiteAddress.parse(text)
    assert SiteAddress.parse(text, allow_insecure=True).url == text


def test_host_and_port_are_told() -> None:
    assert (SiteAddress.parse("erp.example.com").host, SiteAddress.parse("erp.example.com").port) == (
        "erp.example.com",
        443,
    )
    assert SiteAddress.parse("http://[::1]:8000").is_loopback
    assert not SiteAddress.parse("erp.example.com").is_loopback
    assert str(SiteAddress.parse("erp.example.com")) == "https://erp.example.com"


@given(st.text(max_size=40))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        url = SiteAddress.parse(f"https://{text}").url
    except SiteAddressInvalid:
        return
    assert url.isascii()
    assert SiteAddress.parse(url).url == url
