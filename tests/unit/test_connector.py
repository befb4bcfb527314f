from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from erpnext_connector import Connector, Manifest, Secret, Settings, errors
from erpnext_connector.connector.service_account import ServiceAccount
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.store.sites import Site
from tests.clocks import ManualClock

ANN = Profile("ann@example.com", "sub-1", "Ann", "ann@example.com", None, ("Sales User",))
MANIFEST = Manifest.parse('[app]\nname = "Test app"')


@pytest.fixture
def told(tmp_path: Path, sqlite_template: Path) -> dict[str, str]:
    """An environment that works."""
    shutil.copyfile(sqlite_template, tmp_path / "connector.sqlite3")
    return {
        "ERPNEXT_URL": "https://erp.example.com",
        "ERPNEXT_CLIENT_ID": "client",
        "CONNECTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'connector.sqlite3'}",
        "CONNECTOR_KEY_FILE": str(tmp_path / "connector.key"),
    }


def connector(told: dict[str, str], **changes: str) -> Connector:
    return Connector(MANIFEST, Settings.from_environment({**told, **changes}), clock=ManualClock())


def test_making_a_connector_touches_nothing(tmp_path: Path) -> None:
    (tmp_path / "connector.toml").write_text('[app]\nname = "x"')
    made = Connector.from_file(tmp_path / "connector.toml", environment={"CONNECTOR_KEY_FILE": str(tmp_path / "k")})
    assert made.manifest.app.name == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["connector.toml"]


def test_a_connector_that_was_not_started_says_so(told: dict[str, str]) -> None:
    made = connector(told)
    with pytest.raises(errors.Misconfigured, match="not running"):
        made.client("main", "ann@example.com")
    with made:
        made.client("main", "ann@example.com")
    with pytest.raises(errors.Misconfigured, match="not running"):
        made.as_app()


def test_what_is_started_twice_runs_until_it_is_stopped_twice(told: dict[str, str]) -> None:
    made = connector(told)
    with made:
        with made:
            running = made.running
        assert made.running is running
    made.stop()
    with made:
        assert made.running is not running


def test_the_environment_makes_the_main_site(told: dict[str, str]) -> None:
    with connector(told) as first:
        first.running.sites.put(Site("second", "https://two.example.com", "c2"))
    with connector(told, ERPNEXT_URL="erp2.example.com/", ERPNEXT_WEBHOOK_SECRET="new old") as later:
        main, second = later.running.sites.all()
        assert (main.id, main.address, main.client_id) == ("main", "https://erp2.example.com", "client")
        assert [secret.reveal() for secret in main.webhook_secrets] == ["new", "old"]
        assert second.id == "second"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ERPNEXT_URL": "https://erp.example.com/app"}, errors.SiteAddressInvalid),
        ({"ERPNEXT_URL": "not an address"}, errors.SiteAddressInvalid),
        ({"ERPNEXT_URL": "http://erp.example.com"}, errors.SiteInsecure),
        ({"CONNECTOR_URL": "http://app.example.com"}, errors.SiteInsecure),
        ({"CONNECTOR_URL": "app.example.com"}, errors.SiteAddressInvalid),
        ({"CONNECTOR_URL": "https://app.example.com?x=1"}, errors.Misconfigured),
        ({"CONNECTOR_DATABASE_URL": "mysql://db"}, errors.Misconfigured),
        ({"CONNECTOR_KEY": "short"}, errors.KeyUnusable),
    ],
)
def test_settings_that_can_not_work_stop_the_start(
    told: dict[str, str], changes: dict[str, str], error: type[errors.ConnectorError]
) -> None:
    made = connector(told, **changes)
    with pytest.raises(error) as caught:
        made.start()
    assert caught.value.hint
    with pytest.raises(errors.Misconfigured, match="not running"):
        _ = made.running


def test_what_is_missing_is_named_when_it_is_needed(told: dict[str, str]) -> None:
    with connector(told, ERPNEXT_CLIENT_ID="", ERPNEXT_API_KEY="k") as made:
        with pytest.raises(errors.SettingMissing, match="ERPNEXT_CLIENT_ID"):
            made.running.reach.oauth_client("main")
        with pytest.raises(errors.SettingMissing, match="ERPNEXT_API_SECRET"):
            made.as_app()
        with pytest.raises(errors.NotFound, match="no such site"):
            made.client("other", "ann@example.com")
    with connector(told, ERPNEXT_API_SECRET="s") as made, pytest.raises(errors.SettingMissing, match="ERPNEXT_API_KEY"):
        made.as_app()


def test_without_a_site_it_starts_and_says_what_is_missing(
    told: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with connector(told, ERPNEXT_URL="") as made:
        assert "ERPNEXT_URL is not set" in caplog.text
        with pytest.raises(errors.SettingMissing, match="ERPNEXT_URL"):
            made.as_nobody()


def test_two_connectors_do_not_notice_each_other(told: dict[str, str], tmp_path: Path) -> None:
    one = connector(told)
    two = connector({**told, "CONNECTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'two.sqlite3'}"}, ERPNEXT_URL="")
    one.on("Item", "on_update")(lambda _event: None)
    with one, two:
        assert [site.id for site in one.running.sites.all()] == ["main"]
        assert two.running.sites.all() == ()


def test_a_sign_in_hook_gets_the_profile_and_the_site_if_it_wants(told: dict[str, str]) -> None:
    made = connector(told)
    met: list[Any] = []

    @made.on_sign_in
    def alone(profile: Profile) -> None:
        met.append(profile)

    @made.on_sign_in
    def with_site(profile: Profile, site_id: str) -> None:
        met.append((profile, site_id))

    made.meet(ANN, "main")
    assert met == [ANN, (ANN, "main")]


def test_coroutines_are_refused_where_nobody_would_await_them(told: dict[str, str]) -> None:
    made = connector(told)

    async def late(_: object) -> None: ...

    with pytest.raises(errors.Misconfigured, match="late is an async function"):
        made.on_sign_in(late)
    with pytest.raises(errors.Misconfigured, match="late is an async function"):
        made.on("Item")(late)


def test_a_user_without_a_grant_is_asked_to_sign_in(told: dict[str, str]) -> None:
    with connector(told) as made, pytest.raises(errors.GrantLost):
        made.client("main", "ann@example.com").credentials.authorization()


def test_a_refused_service_account_is_a_matter_for_whoever_runs_the_app(told: dict[str, str]) -> None:
    with connector(told, ERPNEXT_API_KEY="k", ERPNEXT_API_SECRET="s") as made:
        account = made.as_app().credentials
    assert isinstance(account, ServiceAccount)
    assert account.authorization() == Secret("token k:s")
    with pytest.raises(errors.Misconfigured, match="refuses the service account"):
        account.authorization(Secret("token k:s"))
