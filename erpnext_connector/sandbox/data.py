"""What a fresh site starts with: DocTypes, users, documents."""

from __future__ import annotations

import gzip
import importlib.resources
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from erpnext_connector.sandbox.meta import DocType, Field, read_doctypes

PACKAGE: Final = "erpnext_connector.sandbox"
FRAMEWORK_DOCTYPES: Final = frozenset({"Address", "Contact", "Country", "Currency", "Gender", "Language", "Salutation"})


class UserEntry(msgspec.Struct, kw_only=True):
    """A user of users.json."""

    name: str
    password: str
    first_name: str | None = None
    last_name: str | None = None
    roles: list[str] = []
    user_permissions: list[dict[str, Any]] = []


class Users(msgspec.Struct, kw_only=True):
    """A users.json."""

    users: list[UserEntry] = []
    oauth_clients: list[dict[str, Any]] = []


class Dataset:
    """The three files of a dataset: doctypes.json, users.json, documents.jsonl.gz (or .jsonl)."""

    def __init__(self, directory: Any) -> None:
        self._directory = directory

    @classmethod
    def built_in(cls) -> Dataset:
        """The dataset of the package."""
        return cls(importlib.resources.files(PACKAGE).joinpath("dataset"))

    @classmethod
    def at(cls, directory: Path) -> Dataset:
        """The dataset in a directory."""
        return cls(directory)

    def doctypes(self) -> list[DocType]:
        """Its DocTypes."""
        return read_doctypes(self._directory.joinpath("doctypes.json").read_bytes())

    def users(self) -> Users:
        """Its users, with the OAuth clients."""
        return msgspec.json.decode(self._directory.joinpath("users.json").read_bytes(), type=Users)

    def documents(self) -> Iterator[dict[str, Any]]:
        """Its documents, each with its rows."""
        packed = self._directory.joinpath("documents.jsonl.gz")
        if packed.is_file():
            text = gzip.decompress(packed.read_bytes())
        else:
            text = self._directory.joinpath("documents.jsonl").read_bytes()
        yield from msgspec.json.Decoder(dict[str, Any]).decode_lines(text)


def system_doctypes(frappe: int) -> list[DocType]:
    """The DocTypes that every site of this version has."""
    text = importlib.resources.files(PACKAGE).joinpath("system_doctypes.json").read_bytes()
    found = read_doctypes(text)
    return [doctype for doctype in found if doctype.versions is None or frappe in doctype.versions]


def of_version(doctype: DocType, frappe: int) -> DocType:
    """A DocType of a dataset as the version keeps it: Frappe 16 sorts by creation what was sorted by `modified`."""
    if frappe >= 16 and doctype.sort_field == "modified":
        doctype.sort_field = "creation"
    if doctype.name in FRAMEWORK_DOCTYPES:
        doctype.custom = 0
    return doctype


def custom_field(document: dict[str, Any]) -> Field:
    """The field that a Custom Field document describes."""
    known = {name: document[name] for name in Field.__struct_fields__ if document.get(name) is not None}
    return Field(**{**known, "custom": 1})


def read_doctype(document: dict[str, Any]) -> DocType:
    """The DocType that a DocType document describes."""
    kept = {name: value for name, value in document.items() if value is not None}
    kept["fields"] = [{k: v for k, v in row.items() if v is not None} for row in document.get("fields") or ()]
    kept["permissions"] = [{k: v for k, v in row.items() if v is not None} for row in document.get("permissions") or ()]
    return msgspec.convert(kept, DocType, strict=False)
