"""Apps behind a proxy, and with more than one connector."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import Depends, FastAPI

from erpnext_connector import Connector, Manifest, Settings
from erpnext_connector.integrations.fastapi import ConnectorRouter, CurrentUser, User
from tests.integration.apps import APPS
from tests.integration.servers import free_listener, serving, url_of
from tests.integration.world import HTML, JSON, MANIFEST, Sandbox, environment_for, settings_for


def test_behind_a_proxy_everything_is_made_from_the_address_that_is_set(
    sandbox: Callable[[str, int], Sandbox], tmp_path: Path
) -> None:
    public = "https://app.example.com/tools"
    settings = settings_for(sandbox(public, 15), public, tmp_path)
    connector = Connector(Manifest.parse(MANIFEST), settings)
    listener = free_listener()
    with serving(APPS["starlette"](connector), listener), httpx2.Client(base_url=url_of(listener)) as proxy:
        to_erpnext = proxy.get("/erpnext/login?next=/tools/items", headers={"Host": "internal:8000"})
        asked = parse_qs(urlsplit(to_erpnext.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{public}/erpnext/callback"]
        cookie = to_erpnext.headers["set-cookie"]
        assert cookie.startswith("__Host-test-app-erpnext-")
        assert cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
        page = proxy.get("/erpnext/logout", headers=HTML).text
        assert 'href="/tools/erpnext/login?next=%2Ftools%2F"' in page
        assert 'href="/tools/erpnext/ui/pages.css"' in page


def test_two_connectors_in_one_app_each_ask_for_their_own_sign_in(tmp_path: Path) -> None:
    app = FastAPI()
    users = []
    for name in ("one", "two"):
        told = {"CONNECTOR_DATABASE_URL": f"sqlite:///{tmp_path / name}.sqlite3"}
        told["CONNECTOR_KEY_FILE"] = str(tmp_path / f"{name}.key")
        (tmp_path / f"{name}.toml").write_text(f'[app]\nname = "{name}"')
        router = ConnectorRouter(Connector.from_file(tmp_path / f"{name}.toml", environment=told), prefix=f"/{name}")
        app.include_router(router)
        users.append(router.user)

    @app.get("/first")
    async def first(user: User = Depends(users[0])) -> str:
        return user.full_name

    @app.get("/second")
    async def second(user: User = Depends(users[1])) -> str:
        return user.full_name

    @app.get("/either")
    async def either(user: CurrentUser) -> str:
        return user.full_name

    listener = free_listener()
    with serving(app, listener):
        url = url_of(listener)
        assert httpx2.get(f"{url}/first", headers=JSON).json()["sign_in_url"].startswith("/one/login?")
        assert httpx2.get(f"{url}/second", headers=JSON).json()["sign_in_url"].startswith("/two/login?")
        told = httpx2.get(f"{url}/either", headers=JSON).json()["error"]
        assert told["message"] == "This app has more than one connector."
        assert httpx2.get(f"{url}/two/login", headers=JSON).json()["error"]["code"] == "setting_missing"


class Opaque:
    """Middleware that calls what is behind it by a name of its own."""

    def __init__(self, app: object) -> None:
        self.behind = app

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        await self.behind(scope, receive, send)  # type: ignore[operator]


def test_an_app_may_be_started_again_and_have_middleware_of_any_kind(tmp_path: Path) -> None:
    told = {"CONNECTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite3'}", "CONNECTOR_KEY_FILE": str(tmp_path / "k")}
    connector = Connector(Manifest.parse(MANIFEST), Settings.from_environment(told))
    app = FastAPI(lifespan=connector.lifespan)
    app.include_router(ConnectorRouter(connector))
    app.add_middleware(Opaque)

    @app.get("/me")
    async def me(user: CurrentUser) -> str:
        return user.full_name

    for _ in range(2):
        listener = free_listener()
        with serving(app, listener):
            told_me = httpx2.get(f"{url_of(listener)}/me", headers=JSON)
            assert (told_me.status_code, told_me.json()["error"]["code"]) == (401, "not_signed_in")


def test_the_code_in_the_readme_runs_as_it_stands(
    sandbox: Callable[[str, int], Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = Path(__file__).parents[3] / "README.md"
    (code, *_) = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
    (tmp_path / "connector.toml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    for name, text in environment_for(sandbox("http://127.0.0.1:1", 15), "", tmp_path).items():
        monkeypatch.setenv(name, text)
    module = ModuleType("readme")
    exec(compile(code, "README.md", "exec"), module.__dict__)
    listener = free_listener()
    with serving(module.app, listener):
        assert httpx2.get(f"{url_of(listener)}/invoices", headers=HTML).status_code == 401
        to_erpnext = httpx2.get(f"{url_of(listener)}/erpnext/login").headers["location"]
        assert parse_qs(urlsplit(to_erpnext).query)["redirect_uri"] == [f"{url_of(listener)}/erpnext/callback"]
