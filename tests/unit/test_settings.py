from __future__ import annotations

from pathlib import Path

import pytest

from erpnext_connector.errors import Misconfigured, SettingMissing
from erpnext_connector.settings import Settings, missing


def test_an_empty_environment_leaves_the_defaults() -> None:
    settings = Settings.from_environment({"ERPNEXT_URL": " ", "OTHER": "x"})
    assert settings == Settings()
    assert settings.database_url.reveal() == "sqlite:///var/connector.sqlite3"
    assert settings.key_file == Path("var/connector.key")
    assert settings.webhook_secrets == ()


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "CONNECTOR_URL": "https://app.example.com",
            "ERPNEXT_URL": "https://erp.example.com",
            "ERPNEXT_CLIENT_ID": " id\n",
            "ERPNEXT_CLIENT_SECRET": "s1",
            "ERPNEXT_API_KEY": "key",
            "ERPNEXT_API_SECRET": "s2",
            "ERPNEXT_WEBHOOK_SECRET": "new old",
            "CONNECTOR_DATABASE_URL": "postgresql://db",
            "CONNECTOR_KEY": "k",
            "CONNECTOR_KEY_FILE": "/run/key",
            "CONNECTOR_SESSION_SECONDS": "7200",
            "CONNECTOR_SESSION_IDLE_SECONDS": "600",
            "CONNECTOR_SITE_HOSTS": "Acme.example.com=acme localhost:8000=main",
            "CONNECTOR_TRUSTED_PROXIES": "1",
        }
    )
    assert settings.public_url == "https://app.example.com"
    assert settings.erpnext_url == "https://erp.example.com"
    assert settings.client_id == "id"
    assert settings.api_key == "key"
    assert settings.key_file == Path("/run/key")
    hidden = (settings.client_secret, settings.api_secret, *settings.webhook_secrets, settings.key)
    assert [secret.reveal() for secret in hidden if secret] == ["s1", "s2", "new", "old", "k"]
    assert (settings.session_seconds, settings.session_idle_seconds, settings.trusted_proxies) == (7200, 600, 1)
    assert settings.site_hosts == (("acme.example.com", "acme"), ("localhost:8000", "main"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CONNECTOR_SESSION_SECONDS", "1 day"),
        ("CONNECTOR_SESSION_IDLE_SECONDS", "0"),
        ("CONNECTOR_TRUSTED_PROXIES", "-1"),
        ("CONNECTOR_SITE_HOSTS", "acme.example.com"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Settings.from_environment({name: text})


def test_settings_print_no_secret() -> None:
    told = {"ERPNEXT_CLIENT_SECRET": "open-sesame", "CONNECTOR_DATABASE_URL": "postgresql://u:open-sesame@db/x"}
    assert "open-sesame" not in repr(Settings.from_environment(told))


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERPNEXT_URL", "https://erp.example.com")
    assert Settings.from_environment().erpnext_url == "https://erp.example.com"


def test_a_missing_setting_says_what_it_is_for() -> None:
    error = missing("ERPNEXT_CLIENT_ID")
    assert isinstance(error, SettingMissing)
    assert error.message == "ERPNEXT_CLIENT_ID is not set."
    assert "App Client ID" in error.hint
