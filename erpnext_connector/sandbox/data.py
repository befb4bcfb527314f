"""What a fresh site starts with: DocTypes, users, documents."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from erpnext_connector.sandbox import tables
from erpnext_connector.sandbox.meta import DocType, Field, read_doctypes
from erpnext_connector.sandbox.oauth_rules import BY_BASIC
from erpnext_connector.sandbox.values import stored
from erpnext_connector.sandbox.versions import HARDENED

if TYPE_CHECKING:
    from erpnext_connector.sandbox.site import Site

PACKAGE: Final = "erpnext_connector.sandbox"
FRAMEWORK_DOCTYPES: Final = frozenset({"Address", "Contact", "Country", "Currency", "Gender", "Language", "Salutation"})
DEFAULT_ROLES: Final = {14: "All"}
SECRET_LENGTH: Final = 56
ROLES: Final = (
    "Administrator",
    "System Manager",
    "Guest",
    "All",
    "Desk User",
    "Website Manager",
    "Accounts Manager",
    "Accounts User",
    "Purchase User",
    "Sales User",
    "Stock User",
)


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


def load(site: Site, datasets: Iterable[Dataset]) -> None:
    """Fill a fresh site."""
    site.db.execute("BEGIN")
    _load_roles(site)
    _load_settings(site)
    _load_folders(site)
    _add_user(site, UserEntry(name="Guest", password="", first_name="Guest"))
    for dataset in datasets:
        _load_users(site, dataset.users())
        _load_documents(site, dataset.documents())
    _load_meta(site)
    site.db.execute("COMMIT")


def _load_documents(site: Site, documents: Iterable[dict[str, Any]]) -> None:
    by_doctype: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        by_doctype.setdefault(document["doctype"], []).append(document)
    for name, found in by_doctype.items():
        doctype = site.doctype(name)
        tables.insert_many(site.db, doctype, found)
        for field in doctype.table_fields:
            rows = (row for document in found for row in document.get(field.fieldname) or ())
            tables.insert_many(site.db, site.doctype(str(field.options)), rows)
        _set_series(site, doctype, found)


def _set_series(site: Site, doctype: DocType, documents: Iterable[dict[str, Any]]) -> None:
    """Let naming series go on where the documents end."""
    if not (doctype.autoname or "").startswith("naming_series:"):
        return
    highest: dict[str, int] = {}
    for document in documents:
        prefix = document["name"].rstrip("0123456789")
        digits = document["name"][len(prefix) :]
        if digits:
            highest[prefix] = max(highest.get(prefix, 0), int(digits))
    site.db.executemany("INSERT OR REPLACE INTO series VALUES (?, ?)", list(highest.items()))


def _standard(site: Site, name: str, **fields: Any) -> dict[str, Any]:
    """A document by the Administrator, made now."""
    moment = site.now()
    stamps = {"creation": moment, "modified": moment, "owner": "Administrator", "modified_by": "Administrator"}
    return {"name": name, "docstatus": 0, "idx": 0, **stamps, **fields}


def _load_roles(site: Site) -> None:
    named = {permission.role for doctype in site.schema for permission in doctype.permissions}
    roles = sorted(named | set(ROLES))
    doctype = site.doctype("Role")
    tables.insert_many(site.db, doctype, [_standard(site, role, role_name=role, desk_access=1) for role in roles])


def _load_settings(site: Site) -> None:
    settings = {"time_zone": site.time_zone, "country": "India", "language": "en", "setup_complete": 1}
    settings |= {"allow_error_traceback": 1, "allow_consecutive_login_attempts": 10, "app_name": "Frappe"}
    site.write_single("System Settings", _standard(site, "System Settings", **settings))


def _load_folders(site: Site) -> None:
    home = _standard(site, "Home", file_name="Home", is_folder=1, is_home_folder=1)
    attachments = _standard(site, "Home/Attachments", file_name="Attachments", folder="Home", is_folder=1)
    tables.insert_many(site.db, site.doctype("File"), [home, attachments | {"is_attachments_folder": 1}])


def _load_users(site: Site, users: Users) -> None:
    for entry in users.users:
        _add_user(site, entry)
    for entry in reversed(users.users):
        tables.update(site.db, site.doctype("User"), entry.name, {"modified": site.now()})
    for client in users.oauth_clients:
        add_oauth_client(site, client)


def _add_user(site: Site, entry: UserEntry) -> None:
    email = (
        entry.name if "@" in entry.name else {"Administrator": "admin@example.com"}.get(entry.name, "guest@example.com")
    )
    first_name = entry.first_name or entry.name
    full_name = " ".join(part for part in (first_name, entry.last_name) if part)
    user = _standard(site, entry.name, email=email, enabled=1, first_name=first_name, last_name=entry.last_name)
    user |= {"full_name": full_name, "username": entry.name.split("@")[0].lower(), "language": "en"}
    user |= {"user_type": "Website User" if entry.name == "Guest" else "System User", "time_zone": site.time_zone}
    user |= {"desk_theme": "Light", "new_password": ""}
    fields = site.doctype("User").value_fields
    user |= {
        one.fieldname: stored(one.fieldtype, one.default) for one in fields if one.default and one.fieldname not in user
    }
    tables.insert_many(site.db, site.doctype("User"), [user])
    roles = [{"role": role} for role in entry.roles]
    _add_rows(site, "Has Role", user, "roles", roles)
    if "@" in entry.name:  # the Administrator has no such id: the claim `sub` is null
        userid = hashlib.sha256(f"{entry.name}{site.random_name()}".encode()).hexdigest()[:39]
        _add_rows(site, "User Social Login", user, "social_logins", [{"provider": "frappe", "userid": userid}])
    share = {"user": entry.name, "share_doctype": "User", "share_name": entry.name, "read": 1, "write": 1, "share": 1}
    if "@" in entry.name:
        tables.insert_many(site.db, site.doctype("DocShare"), [_standard(site, site.random_name(), **share)])
    if entry.password:
        site.keep_password("User", entry.name, "password", entry.password)
    for permission in entry.user_permissions:
        row = _standard(site, site.random_name(), user=entry.name, **permission)
        tables.insert_many(site.db, site.doctype("User Permission"), [row])


def _add_rows(site: Site, child: str, parent: dict[str, Any], fieldname: str, rows: list[dict[str, Any]]) -> None:
    where = {"parent": parent["name"], "parentfield": fieldname, "parenttype": "User"}
    found = [
        _standard(site, site.random_name(), **where, **row) | {"idx": number} for number, row in enumerate(rows, 1)
    ]
    tables.insert_many(site.db, site.doctype(child), found)


def add_oauth_client(site: Site, values: dict[str, Any]) -> dict[str, Any]:
    """Register an OAuth client as the Administrator does in the desk; gives the document."""
    redirect_uri = str(values.get("redirect_uris", "")).split(" ")[0]
    client = _standard(site, site.random_name(), user="Administrator", **values)
    client |= {"client_id": client["name"], "client_secret": site.random_name()}
    if site.frappe >= HARDENED:
        client["client_secret"] = site.token_bytes(SECRET_LENGTH // 2).hex()
    client |= {"grant_type": "Authorization Code", "response_type": "Code"}
    client.setdefault("default_redirect_uri", redirect_uri)
    client.setdefault("token_endpoint_auth_method", BY_BASIC)
    tables.insert_many(site.db, site.doctype("OAuth Client"), [client])
    if site.frappe < 14:
        return client
    role = {"role": DEFAULT_ROLES.get(site.frappe, "Desk User"), "idx": 1, "parenttype": "OAuth Client"}
    role |= {"parent": client["name"], "parentfield": "allowed_roles"}
    tables.insert_many(site.db, site.doctype("OAuth Client Role"), [_standard(site, site.random_name()) | role])
    return client


def _load_meta(site: Site) -> None:
    """The DocTypes as documents, so that they can be listed."""
    tables.insert_many(site.db, site.doctype("DocType"), [doctype_document(site, doctype) for doctype in site.schema])


def doctype_document(site: Site, doctype: DocType) -> dict[str, Any]:
    """A DocType as a document, without its rows."""
    values = {
        name: getattr(doctype, name) for name in doctype.__struct_fields__ if name not in ("fields", "permissions")
    }
    return _standard(site, doctype.name, **{name: value for name, value in values.items() if name != "name"}) | {
        "engine": "InnoDB"
    }


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
