"""What an app may import from the package, and what that costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import erpnext_connector

NAMES = [
    "ApiKey",
    "AsyncClient",
    "Bearer",
    "Client",
    "Conflict",
    "Connector",
    "ConnectorError",
    "DocumentNotFound",
    "Event",
    "Forbidden",
    "GrantEnd",
    "GrantLost",
    "Invalid",
    "LinkOption",
    "Manifest",
    "Misconfigured",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "Profile",
    "Refused",
    "Retryable",
    "Secret",
    "Settings",
    "SignInRequired",
    "Site",
    "StaleDocument",
]


def test_the_public_names_are_these() -> None:
    assert erpnext_connector.__all__ == NAMES


def test_every_public_name_can_be_imported() -> None:
    for name in NAMES:
        assert getattr(erpnext_connector, name).__name__ == name
    assert set(NAMES) <= set(dir(erpnext_connector))


def test_any_other_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        erpnext_connector.Nothing  # noqa: B018


def test_type_checkers_are_told_the_same_names() -> None:
    stub = ast.parse(Path(erpnext_connector.__file__).with_suffix(".pyi").read_text())
    imported = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (listed,) = [node.value for node in stub.body if isinstance(node, ast.Assign)]
    assert imported == set(NAMES)
    assert ast.literal_eval(listed) == NAMES


def test_importing_the_package_imports_no_library() -> None:
    program = "import sys, erpnext_connector; print({name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    for library in ("httpx2", "sqlalchemy", "authlib", "jinja2", "fastapi", "starlette", "cryptography"):
        assert f"'{library}'" not in loaded
