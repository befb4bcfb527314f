import pytest

from erpnext_connector.sandbox.sanitize import sanitize, strip_tags


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("<script>alert(1)</script>ok", "&lt;script&gt;alert(1)&lt;/script&gt;ok"),
        ("<img src=x onerror=alert(1)>", '<img src="x">'),
        ("<b>open", "<b>open</b>"),
        ('<p style="color:red">x</p>', '<p style="color:red;">x</p>'),
        ('{"a": "<b>"}', '{"a": "<b>"}'),
        ("a & <i>b</i>", "a &amp; <i>b</i>"),
    ],
)
def test_tags_that_could_do_harm_are_spelled_out(given, kept):
    assert sanitize(given) == kept


def test_addresses_that_are_scripts_go_unless_the_version_keeps_them():
    link = '<a href="javascript:1">x</a>'
    assert sanitize(link) == "<a>x</a>"
    assert sanitize(link, check_links=False) == link


def test_text_without_its_tags():
    assert strip_tags("<div> </div>x") == " x"
