from __future__ import annotations

from pathlib import Path

import pytest

from erpnext_connector.errors import ManifestInvalid
from erpnext_connector.manifest import WEBHOOK_EVENTS, App, Manifest, WebhookRule
from erpnext_connector.wire.webhook import EVENTS

WHOLE = """
[app]
name = "Dispatch"
url = "https://app.example.com"
logo = "/logo.svg"
support = "help@example.com"
color = "#0f766e"

[[webhook]]
doctype = "Item"
events = ["on_update", "on_trash", "on_update"]

[[webhook]]
doctype = "Sales Invoice"
events = ["on_submit"]
"""


def test_a_manifest_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "connector.toml").write_text(WHOLE)
    manifest = Manifest.from_file(tmp_path / "connector.toml")
    assert manifest.app == App("Dispatch", "https://app.example.com", "/logo.svg", "help@example.com", "#0f766e")
    assert manifest.webhooks == (
        WebhookRule("Item", ("on_update", "on_trash")),
        WebhookRule("Sales Invoice", ("on_submit",)),
    )


def test_a_name_is_all_that_is_needed() -> None:
    assert Manifest.parse('[app]\nname = "My app"') == Manifest(App("My app"))


def test_the_events_are_those_that_a_webhook_can_have() -> None:
    assert set(WEBHOOK_EVENTS) == EVENTS


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "connector.toml: [app] is missing.", "Write [app]"),
        ("app = 3", "connector.toml: [app] is missing.", "Write [app]"),
        ("[app]\n", "connector.toml, line 1: app.name is missing.", 'Write name = "My app"'),
        ("[app]\nname = 3", "connector.toml, line 2: app.name is not a text.", 'Write name = "..."'),
        ('[app]\nname = " "', "connector.toml, line 2: app.name is not a text.", "Write name"),
        ('[app]\nname = "x"\ncolor = "teal"', "connector.toml, line 3: 'teal' is not a color.", 'color = "#0f766e"'),
        ('[app]\nname = "x"\ncolor = "#0f76"', "connector.toml, line 3: '#0f76' is not a color.", "hexadecimal"),
        ('[app]\nnmae = "x"', "connector.toml, line 2: app.nmae is unknown.", "Did you mean name?"),
        ('[app]\nname = "x"\n[aap]', "connector.toml, line 3: aap is unknown.", "Did you mean app?"),
        ('[app]\nname = "x"\n[zzz]', "connector.toml, line 3: zzz is unknown.", "It is one of app, webhook."),
        ('[app]\nname = "x"\n[webhook]\ndoctype="I"', "connector.toml, line 3: webhook is not a list.", "[[webhook]]"),
        (
            '[app]\nname = "x"\n[[webhook]]\nevents = ["on_update"]',
            "connector.toml, line 3: webhook.doctype is missing.",
            "Write doctype",
        ),
        (
            '[app]\nname = "x"\n[[webhook]]\ndoctype = "Item"',
            "connector.toml, line 3: webhook.events is missing or no list.",
            'Write events = ["on_update"]',
        ),
        (
            WHOLE.replace("on_submit", "on_sumbit"),
            "connector.toml, line 15: 'on_sumbit' is not an event of a webhook.",
            "Did you mean on_submit?",
        ),
        (
            WHOLE.replace('[[webhook]]\ndoctype = "Sales', '[[webhook]]\ndocytpe = 1\ndoctype = "Sales'),
            "connector.toml, line 14: webhook.docytpe is unknown.",
            "Did you mean doctype?",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(text: str, message: str, hint: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        Manifest.parse(text)
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_what_is_not_toml_is_named_with_its_line() -> None:
    with pytest.raises(ManifestInvalid, match=r"connector.toml is not TOML: .* line 2"):
        Manifest.parse("[app]\nname = \n")


def test_a_file_that_is_not_there_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match="No such file") as caught:
        Manifest.from_file(tmp_path / "connector.toml")
    assert "[app]" in caught.value.hint
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(ManifestInvalid, match="not UTF-8"):
        Manifest.from_file(tmp_path / "latin.toml")
