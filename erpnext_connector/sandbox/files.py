"""Uploaded files: kept, attached, handed out to who may read them."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from erpnext_connector.sandbox import render
from erpnext_connector.sandbox.documents import Documents, without_nulls
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import to_flag

LARGEST_BYTES: Final = 25 * 1024 * 1024
SHORT_NAME: Final = 6
DOWNLOADED: Final = frozenset({".svg", ".html", ".htm", ".xml"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to keep; `doctype` and `docname` are what it is attached to."""

    filename: str
    content: bytes
    is_private: bool = False
    doctype: str | None = None
    docname: str | None = None
    fieldname: str | None = None
    folder: str | None = None


def upload_file(site: Site, request: Request, user: str) -> Document:
    """Keep the file of a multipart form, or the link to one; gives its File document."""
    if user == "Guest" and not site.setting("allow_guests_to_upload_files"):
        raise FrappeError("PermissionError")
    if site.frappe >= 16 and request.method != "POST":
        raise FrappeError("PermissionError", "Not permitted")
    form = request.arguments
    _check_target(site, form.get("doctype"), form.get("docname"), user)
    found = request.files.get("file")
    upload = Upload(
        filename=(found.filename if found else None) or str(form.get("filename") or form.get("file_name") or ""),
        content=found.content if found else b"",
        is_private=to_flag(form.get("is_private")) is True,
        doctype=form.get("doctype") or None,
        docname=form.get("docname") or None,
        fieldname=form.get("fieldname") or None,
        folder=form.get("folder") or None,
    )
    if found is None:
        return without_nulls(_linked(site, upload, str(form.get("file_url") or ""), user))
    return without_nulls(keep(site, upload, user))


def _check_target(site: Site, doctype_name: object, name: object, user: str) -> None:
    if not doctype_name:
        return
    doctype = site.doctype(doctype_name)
    document = site.stored.find(doctype.name, str(name)) if name else None
    if document is None:
        site.part(Permissions).check(doctype, "write", user)
        return
    site.part(Permissions).check_document(doctype, "write", user, document)


def _linked(site: Site, upload: Upload, file_url: str, user: str) -> Document:
    if not file_url:
        raise FrappeError("MandatoryError", "Fields `file_name` or `file_url` must be set for File")
    return _insert(site, upload, {"file_url": file_url, "file_name": upload.filename or file_url.split("/")[-1]}, user)


def keep(site: Site, upload: Upload, user: str) -> Document:
    """Keep the content and insert its File document; equal content is kept once, another gets another name."""
    if len(upload.content) > LARGEST_BYTES:
        text = "File size exceeded the maximum allowed size of 25.0 MB"
        raise FrappeError("MaxFileSizeReachedError", text)
    if not upload.filename:
        raise FrappeError("ValidationError", "File name can not be empty")
    content_hash = hashlib.md5(upload.content, usedforsecurity=False).hexdigest()
    sql = "INSERT OR IGNORE INTO file_contents VALUES (?, ?)"
    site.db.execute(sql, (content_hash, upload.content))
    folder = "/private/files/" if upload.is_private else "/files/"
    name = PurePosixPath(upload.filename.replace("\\", "/")).name
    url = _free_url(site, folder, name, content_hash)
    kind = (mimetypes.guess_extension(mimetypes.guess_type(name)[0] or "") or PurePosixPath(name).suffix)[1:].upper()
    values = {"file_url": url, "file_name": name, "content_hash": content_hash, "file_type": kind or None}
    return _insert(site, upload, values | {"file_size": len(upload.content)}, user)


def _free_url(site: Site, folder: str, name: str, content_hash: str) -> str:
    sql = 'SELECT file_url FROM "tabFile" WHERE content_hash = ? AND file_url LIKE ?'
    same = site.db.execute(sql, (content_hash, f"{folder}%")).fetchone()
    if same:
        return str(same["file_url"])
    url = f"{folder}{name}"
    if site.db.execute('SELECT 1 FROM "tabFile" WHERE file_url = ?', (url,)).fetchone():
        path = PurePosixPath(name)
        url = f"{folder}{path.stem}{content_hash[-SHORT_NAME:]}{path.suffix}"
    return url


def _insert(site: Site, upload: Upload, values: dict[str, object], user: str) -> Document:
    attached = {"attached_to_doctype": upload.doctype, "attached_to_name": upload.docname}
    attached["attached_to_field"] = upload.fieldname
    document = {"doctype": "File", "folder": upload.folder or "Home", "is_private": int(upload.is_private)}
    return site.part(Documents).insert({**document, **attached, **values}, user)


def download(site: Site, request: Request, user: str) -> Response:
    """The content behind /files or /private/files."""
    sql = 'SELECT name FROM "tabFile" WHERE file_url = ? ORDER BY creation'
    found = [site.stored.load("File", row["name"]) for row in site.db.execute(sql, (request.path,)).fetchall()]
    if request.path.startswith("/private/"):
        doctype = site.doctype("File")
        readable = [one for one in found if site.part(Permissions).allows(doctype, "read", user, one)]
        if not readable:
            return render.werkzeug_page(403, "Forbidden")
    elif not found:
        return render.page("Not Found", "The resource you are looking for is not available", 404)
    return _content(site, found[0])


def _content(site: Site, document: Document) -> Response:
    row = site.db.execute(
        "SELECT content FROM file_contents WHERE content_hash = ?", (document["content_hash"],)
    ).fetchone()
    if row is None:
        return render.werkzeug_page(404, "Not Found")
    name = str(document["file_name"])
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    response = Response(200, bytes(row["content"]), [("content-type", kind)])
    attached = PurePosixPath(name).suffix.lower() in DOWNLOADED
    if attached or (site.frappe >= 16 and document["is_private"]):
        where = "attachment" if attached else "inline"
        response.headers.append(("content-disposition", f"{where}; filename={_header_name(name)}"))
    return response


def _header_name(name: str) -> str:
    plain = name.isascii() and all(c.isalnum() or c in "._-" for c in name)
    return name if plain else '"' + name.encode("ascii", "replace").decode().replace('"', "") + '"'


def download_file(site: Site, request: Request, user: str) -> Response:
    """The content of a file by its URL."""
    url = str(request.arguments.get("file_url") or "")
    sql = 'SELECT name FROM "tabFile" WHERE file_url = ?'
    row = site.db.execute(sql, (url,)).fetchone()
    document = site.part(Documents).get("File", row["name"], user) if row else None
    if document is None:
        raise FrappeError("DoesNotExistError", f"File {{'file_url': '{url}'}} not found", doctype="File")
    return _content(site, site.stored.load("File", document["name"]))


METHODS: Final = {
    "upload_file": Method(upload_file, guest=True),
    "frappe.handler.upload_file": Method(upload_file, guest=True),
    "frappe.handler.download_file": Method(download_file, guest=True),
    "frappe.core.doctype.file.file.download_file": Method(download_file, guest=True),
}
