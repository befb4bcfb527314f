"""Opening a site, which is filled the first time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final

from erpnext_connector.clock import Clock
from erpnext_connector.sandbox import tables
from erpnext_connector.sandbox.data import Dataset, UserEntry, Users, of_version, system_doctypes
from erpnext_connector.sandbox.faults import Faults
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.oauth_rules import BY_BASIC
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.values import stored
from erpnext_connector.sandbox.versions import HARDENED

LOADED: Final = "loaded"
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


def open_site(
    frappe: int = 15,
    *,
    datasets: Iterable[Dataset] | None = None,
    time_zone: str | None = None,
    path: str = ":memory:",
    faults: Faults | None = None,
    clock: Clock | None = None,
    token_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Site:
    """The site whose database is at `path`; a new one holds what the datasets do (the package's own if left out)."""
    chosen = [Dataset.built_in()] if datasets is None else list(datasets)
    added = (of_version(doctype, frappe) for one in chosen for doctype in one.doctypes())
    site = Site(
        frappe,
        [*system_doctypes(frappe), *added],
        time_zone=time_zone,
        path=path,
        faults=faults,
        clock=clock,
        token_bytes=token_bytes,
    )
    if site.db.execute("SELECT 1 FROM settings WHERE name = ?", (LOADED,)).fetchone():
        site.read_custom_fields()
        return site
    _load(site, chosen)
    site.db.execute("INSERT INTO settings VALUES (?, '1')", (LOADED,))
    return site


def _load(site: Site, datasets: Iterable[Dataset]) -> None:
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
