"""The functions of frappe.client."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.sandbox import desk_methods, files, query, removal, render, rest, search
from erpnext_connector.sandbox.arguments import Arguments
from erpnext_connector.sandbox.columns import ListArguments, check_list_permission
from erpnext_connector.sandbox.documents import CANCELLED, SUBMITTED, Documents, without_nulls
from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.http import Request
from erpnext_connector.sandbox.meta import CHILD_FIELDS, STANDARD_FIELDS
from erpnext_connector.sandbox.methods import WRITE_VERBS, Method
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import parse_json, to_flag
from erpnext_connector.sandbox.versions import since, until

DEFAULT_TIME_ZONE: Final = "Asia/Kolkata"
MOST_INSERTS: Final = 200
CACHED: Final = ("cache-control", "private,max-age=1800,stale-while-revalidate=7200")


def get_list(site: Site, request: Request, user: str) -> object:
    """A list of documents."""
    given = Arguments.of(request, "get_list")
    (doctype,) = given.need("doctype")
    values = dict(given.given)
    if site.frappe >= 15 and "as_dict" in values:
        values["as_dict"] = to_flag(values["as_dict"])
    return rest.get_list(site, user, doctype, values)


def get_count(site: Site, request: Request, user: str) -> int:
    """How many documents fit; before Frappe 16 whatever the user may see."""
    given = Arguments.of(request, "get_count")
    (doctype,) = given.need("doctype")
    if site.frappe >= 16:
        return desk_methods.count(site, user, given.given)
    if site.schema.find(doctype) is None:
        text = f"(1146, \"Table 'tab{doctype}' doesn't exist\")"
        raise FrappeError("ProgrammingError", text, 500, thrown=False, module="pymysql.err")
    filters = _safe_filters(given.get("filters"))
    asked = ListArguments(doctype, filters=filters, ignore_permissions=True, strict=False, legacy=False)
    return query.count(site, user, asked)


def _safe_filters(filters: Any) -> Any:
    """Filters decoded; what is not JSON is a name."""
    if not isinstance(filters, str):
        return filters
    try:
        return parse_json(filters)
    except FrappeError:
        return filters


def get(site: Site, request: Request, user: str) -> Document:
    """One document by name or by filters."""
    given = Arguments.of(request, "get")
    (doctype_name,) = given.need("doctype")
    doctype = site.doctype(doctype_name)
    if doctype.istable and site.frappe < 16:
        check_list_permission(site, doctype, user, given.get("parent"))
    filters = parse_json(given.get("filters"))
    if given.get("name"):
        document = site.stored.load(doctype.name, given.get("name"))
    elif isinstance(filters, Mapping):
        document = site.part(Documents).first(doctype.name, filters)
    else:
        document = site.stored.load(doctype.name, filters or doctype.name)
    site.part(Permissions).check_document(doctype, "read", user, document)
    return site.part(Documents).readable(document, user)


def get_value(site: Site, request: Request, user: str) -> object:
    """Some fields of the first document that fits; {} where none does."""
    given = Arguments.of(request, "get_value")
    doctype, fieldname = given.need("doctype", "fieldname")
    as_dict, parent = given.get("as_dict", True), given.get("parent")
    return values_of(site, user, doctype, fieldname, given.get("filters"), as_dict=as_dict, parent=parent)


def values_of(
    site: Site,
    user: str,
    doctype_name: str,
    fieldname: Any,
    filters: Any,
    *,
    as_dict: object = True,
    parent: str | None = None,
) -> Any:
    """`frappe.client.get_value`; as in Python, the text "0" for `as_dict` is true, though the rows are lists then."""
    doctype = site.doctype(doctype_name)
    if not site.part(Permissions).allows(doctype, "read", user, parent=parent):
        site.part(Permissions).reasons = []
        raise FrappeError("PermissionError", f"No permission for {doctype.name}")
    filters = _safe_filters(filters)
    filters = {"name": filters} if isinstance(filters, (str, int)) and filters else filters
    fields = _field_list(fieldname)
    as_list = not (to_flag(as_dict) if site.frappe >= 15 else as_dict)
    if doctype.issingle:
        single = site.stored.load(doctype.name, doctype.name)
        found: list[Any] = [{name: single.get(name) for name in fields}]
    else:
        asked = ListArguments(
            doctype.name, fields=fields, filters=filters or None, limit=1, parent=parent, as_list=as_list
        )
        found = query.run(site, user, asked)
    if as_dict:
        return found[0] if found else {}
    values = list(found[0]) if found else []
    one = len(fields) == 1 and not (isinstance(fieldname, str) and len(fieldname) > 1 and fieldname[:1] != "[")
    return (values[0] if one else values) if values else None


def _field_list(fieldname: Any) -> list[str]:
    found = _safe_filters(fieldname)
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def get_single_value(site: Site, request: Request, user: str) -> object:
    """A field of a single DocType."""
    given = Arguments.of(request, "get_single_value")
    doctype_name, fieldname = given.need("doctype", "field")
    doctype = site.doctype(doctype_name)
    if not site.part(Permissions).allows(doctype, "read", user):
        raise FrappeError("PermissionError", f"No permission for {doctype.name}")
    if fieldname not in doctype.columns:
        text = f"Field {bold(fieldname)} does not exist on {bold(doctype.name)}"
        raise FrappeError("ValidationError", text)
    return site.stored.load(doctype.name, doctype.name).get(fieldname)


def set_value(site: Site, request: Request, user: str) -> Document:
    """Set one field, or several with a dict in `fieldname`."""
    given = Arguments.of(request, "set_value")
    doctype_name, name, fieldname = given.need("doctype", "name", "fieldname")
    if isinstance(fieldname, str) and fieldname in ("doctype", *STANDARD_FIELDS, *CHILD_FIELDS):
        raise FrappeError("ValidationError", "Cannot edit standard fields")
    value = given.get("value")
    changes = {str(fieldname): value} if value else _changes(fieldname)
    doctype = site.doctype(doctype_name)
    if not doctype.istable:
        return site.part(Documents).update(doctype.name, name, changes, user)
    row = site.stored.load(doctype.name, name)
    parent = site.stored.load(row["parenttype"], row["parent"])
    for one in parent[row["parentfield"]]:
        one.update(changes if one["name"] == row["name"] else {})
    return site.part(Documents).save(parent, user)


def _changes(fieldname: Any) -> Mapping[str, Any]:
    if isinstance(fieldname, Mapping):
        return fieldname
    try:
        found = parse_json(fieldname)
    except FrappeError:
        return {str(fieldname): ""}
    return found if isinstance(found, Mapping) else {str(fieldname): ""}


def insert(site: Site, request: Request, user: str) -> Document:
    """Insert a document, or a row into its parent."""
    return insert_document(site, parse_json(request.arguments.get("doc")), user)


def insert_document(site: Site, document: Any, user: str) -> Document:
    """`frappe.client.insert_doc`: gives the document, or the parent of a row."""
    if not isinstance(document, Mapping):
        raise FrappeError("TypeError", f"'{type(document).__name__}' object is not iterable")
    if not document.get("doctype"):
        raise FrappeError("ValueError", '"doctype" is a required key')
    doctype = site.schema.find(document.get("doctype"))
    if doctype is None or not doctype.istable:
        return rest.insert(site, document, user)
    if not all(document.get(name) for name in CHILD_FIELDS):
        text = "Parenttype, Parent and Parentfield are required to insert a child record"
        raise FrappeError("ValidationError", text)
    parent = site.stored.load(document["parenttype"], document["parent"])
    parent[document["parentfield"]].append(dict(document))
    return site.part(Documents).save(parent, user)


def insert_many(site: Site, request: Request, user: str) -> list[str]:
    """Insert up to 200 documents, all or none; gives their names."""
    documents = parse_json(request.arguments.get("docs"))
    if not isinstance(documents, list):
        raise FrappeError("TypeError", f"object of type '{type(documents).__name__}' has no len()")
    if len(documents) > MOST_INSERTS:
        raise FrappeError("ValidationError", "Only 200 inserts allowed in one request")
    return [str(insert_document(site, document, user)["name"]) for document in documents]


def save(site: Site, request: Request, user: str) -> Document:
    """Save a whole document."""
    return site.part(Documents).save(_whole(request, "save"), user)


def _whole(request: Request, function: str) -> dict[str, Any]:
    (document,) = Arguments.of(request, function).need("doc")
    found = parse_json(document)
    if not isinstance(found, dict):
        raise FrappeError("ValueError", str(found))
    return found


def submit(site: Site, request: Request, user: str) -> Document:
    """Submit a whole document, a new one too."""
    return site.part(Documents).save(_whole(request, "submit") | {"docstatus": SUBMITTED}, user)


def cancel(site: Site, request: Request, user: str) -> Document:
    """Cancel a document."""
    doctype, name = Arguments.of(request, "cancel").need("doctype", "name")
    return site.part(Documents).change_state(doctype, name, CANCELLED, user)


def delete(site: Site, request: Request, user: str) -> None:
    """Delete a document, or a row of its parent."""
    doctype_name, name = Arguments.of(request, "delete").need("doctype", "name")
    doctype = site.doctype(doctype_name)
    if not doctype.istable:
        removal.delete(site, doctype.name, name, user)
        return
    row = site.stored.load(doctype.name, name)
    parent = site.stored.load(row["parenttype"], row["parent"])
    kept = [one for one in parent[row["parentfield"]] if one["name"] != row["name"]]
    parent[row["parentfield"]] = [one | {"idx": number} for number, one in enumerate(kept, 1)]
    site.part(Documents).save(parent, user)


def rename_doc(site: Site, request: Request, user: str) -> str:
    """Rename a document; gives its new name."""
    given = Arguments.of(request, "rename_doc")
    doctype, old, new = given.need("doctype", "old_name", "new_name")
    return removal.rename(site, doctype, old, new, user, merge=to_flag(given.get("merge")) is True)


def bulk_update(site: Site, request: Request, user: str) -> dict[str, Any]:
    """Change documents one after another; those that fail are listed, the others stay changed."""
    (documents,) = Arguments.of(request, "bulk_update").need("docs")
    if not isinstance(documents, str):
        text = f"the JSON object must be str, bytes or bytearray, not {type(documents).__name__}"
        raise FrappeError("TypeError", text)
    failed = []
    for document in parse_json(documents):
        try:
            _update_one(site, document, user)
        except FrappeError as error:
            site.note(error)
            traceback = f"Traceback (most recent call last):\n{error.exception}\n"
            failed.append({"doc": document, "exc": traceback})
    return {"failed_docs": failed}


def _update_one(site: Site, document: dict[str, Any], user: str) -> None:
    document.pop("flags", None)
    for name in ("doctype", "docname"):
        if name not in document:
            raise FrappeError("KeyError", f"'{name}'")
    site.part(Documents).update(document["doctype"], document["docname"], document, user)


def has_permission(site: Site, request: Request, user: str) -> dict[str, bool]:
    """Whether the user has a right on a document."""
    given = Arguments.of(request, "has_permission")
    doctype_name, name = given.need("doctype", "docname")
    doctype = site.doctype(doctype_name)
    document = site.stored.load(doctype.name, name) if name else None
    allowed = site.part(Permissions).allows(doctype, str(given.get("perm_type", "read")).lower(), user, document)
    return {"has_permission": allowed}


def get_doc_permissions(site: Site, request: Request, user: str) -> dict[str, Any]:
    """Every right of the user on a document."""
    doctype_name, name = Arguments.of(request, "get_doc_permissions").need("doctype", "docname")
    doctype = site.doctype(doctype_name)
    document = site.stored.load(doctype.name, name)
    found: dict[str, Any] = dict(site.part(Permissions).of_document(doctype, document, user))
    rights = site.part(Permissions).rights(doctype, user)
    if found and user != "Administrator":
        found |= {"if_owner": rights.if_owner, "has_if_owner_enabled": rights.has_if_owner}
    if site.frappe < 15 and found:
        found["set_user_permissions"] = found.get("write", 0) if user == "Administrator" else 0
    return {"permissions": found}


def get_password(site: Site, request: Request, user: str) -> str | None:
    """A password field's value, for System Managers."""
    doctype, name, fieldname = Arguments.of(request, "get_password").need("doctype", "name", "fieldname")
    desk_methods.only_for(site, user, "System Manager")
    document = site.stored.load(doctype, name)
    found = site.password(document["doctype"], document["name"], fieldname)
    if found is None:
        where = f"{document['doctype']} {document['name']} {fieldname}"
        raise FrappeError("AuthenticationError", f"Password not found for {where}", thrown=True)
    return found


def get_time_zone(_site: Site, _request: Request, _user: str) -> dict[str, str]:
    """The time zone of the defaults; real sites answer the same even where they run in another one."""
    return {"time_zone": DEFAULT_TIME_ZONE}


def attach_file(site: Site, request: Request, user: str) -> Document:
    """Attach a file whose content comes as text or base64."""
    given = Arguments.of(request, "attach_file")
    doctype = site.doctype(given.get("doctype"))
    document = site.stored.load(doctype.name, given.get("docname"))
    site.part(Permissions).check_document(doctype, "read", user, document)
    content = str(given.get("filedata") or "").encode()
    if to_flag(given.get("decode_base64")) is True:
        content = base64.b64decode(content.split(b",", 1)[-1])
    upload = files.Upload(
        filename=str(given.get("filename") or "file"),
        content=content,
        is_private=to_flag(given.get("is_private")) is True,
        doctype=doctype.name,
        docname=document["name"],
        fieldname=given.get("docfield"),
        folder=given.get("folder") or "Home/Attachments",
    )
    kept = without_nulls(files.keep(site, upload, user))
    if given.get("docfield"):
        site.part(Documents).update(doctype.name, document["name"], {given.get("docfield"): kept["file_url"]}, user)
    return kept


def is_document_amended(site: Site, request: Request, user: str) -> object:
    """The document that amends this one, or false."""
    doctype_name, name = Arguments.of(request, "is_document_amended").need("doctype", "docname")
    doctype = site.doctype(doctype_name)
    if "amended_from" not in doctype.by_name or not site.part(Permissions).allows(doctype, "read", user):
        return False
    asked = ListArguments(doctype.name, filters={"amended_from": name}, limit=1, ignore_permissions=True)
    found = query.run(site, user, asked)
    return found[0]["name"] if found else None


def validate_link(site: Site, request: Request, user: str) -> dict[str, Any]:
    """Whether a link leads somewhere, with fields of the document that it leads to (until Frappe 15)."""
    given = Arguments.of(request, "validate_link")
    doctype_name, name = given.need("doctype", "docname")
    doctype = site.doctype(doctype_name)
    if doctype.name != "DocType" and not any(
        site.part(Permissions).allows(doctype, right, user) for right in ("select", "read")
    ):
        text = f"You do not have Read or Select Permissions for {bold(doctype.name)}"
        raise FrappeError("PermissionError", text)
    found = site.stored.real_name(doctype.name, str(name))
    fields = parse_json(given.get("fields"))
    values: dict[str, Any] = {"name": found}
    if not found or not fields:
        return values
    return {**values, **_fetched(site, user, doctype.name, fields, found)}


def _fetched(site: Site, user: str, doctype: str, fields: Any, name: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = values_of(site, user, doctype, fields, name)
    except FrappeError as error:
        if error.exc_type != "PermissionError":
            raise
        text = f"You need {bold('Read')} permission to fetch values from {bold(doctype)} {bold(name)}"
        site.say(text, title="Cannot Fetch Values", indicator="orange")
        return {}
    return found


def validate_link_and_fetch(site: Site, request: Request, user: str) -> object:
    """Whether a link field with these filters offers the document, with fields of it (from Frappe 16)."""
    given = Arguments.of(request, "validate_link_and_fetch")
    doctype_name, name = given.need("doctype", "docname")
    if not name:
        raise FrappeError("ValidationError", "Document Name must not be empty")
    doctype = site.doctype(doctype_name)
    fields = parse_json(given.get("fields_to_fetch"))
    filters = parse_json(given.get("filters")) or []
    pairs = filters.items() if isinstance(filters, Mapping) else ()
    listed = [[key, *(value if isinstance(value, list) else ["=", value])] for key, value in pairs] or list(filters)
    asked = {**given.given, "filters": [*listed, [doctype.name, "name", "=", name]], "txt": "", "page_length": 2}
    if isinstance(filters, Mapping) and filters.get("include_disabled") == 1:
        asked["filters"] = {**filters, "name": name}
    found = search.search(site, user, doctype, asked)
    if not found:
        return {}
    values = {"name": found[0][0]}
    if fields:
        return {**values, **_fetched(site, user, doctype.name, fields, values["name"])}
    headers = (CACHED,) if request.method == "GET" else ()
    key = "data" if render.is_v2(site, request) else "message"
    return render.Body({key: values}, headers=headers)


METHODS: Final = {
    f"frappe.client.{name}": method
    for name, method in {
        "get_list": Method(get_list),
        "get_count": Method(get_count),
        "get": Method(get),
        "get_value": Method(get_value),
        "get_single_value": Method(get_single_value),
        "set_value": Method(set_value, verbs=WRITE_VERBS),
        "insert": Method(insert, verbs=WRITE_VERBS),
        "insert_many": Method(insert_many, verbs=WRITE_VERBS),
        "save": Method(save, verbs=WRITE_VERBS),
        "submit": Method(submit, verbs=WRITE_VERBS),
        "cancel": Method(cancel, verbs=WRITE_VERBS),
        "delete": Method(delete, verbs=frozenset({"DELETE", "POST"})),
        "rename_doc": Method(rename_doc, verbs=WRITE_VERBS),
        "bulk_update": Method(bulk_update, verbs=WRITE_VERBS),
        "has_permission": Method(has_permission),
        "get_doc_permissions": Method(get_doc_permissions, versions=since(14)),
        "get_password": Method(get_password),
        "get_time_zone": Method(get_time_zone, guest=True),
        "attach_file": Method(attach_file, verbs=WRITE_VERBS),
        "is_document_amended": Method(is_document_amended),
        "validate_link": Method(validate_link, versions=until(15)),
        "validate_link_and_fetch": Method(
            validate_link_and_fetch, verbs=frozenset({"GET", "POST"}), versions=since(16)
        ),
    }.items()
}
