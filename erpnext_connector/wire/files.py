"""Calls that bring files to a site and back."""

from __future__ import annotations

import posixpath
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from erpnext_connector.call import Call, Reply, Upload
from erpnext_connector.errors import BadRequest, DocumentNotFound
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies

_FOLDERS: Final = ("/files/", "/private/files/")


def upload(
    file: Upload,
    *,
    doctype: str | None = None,
    name: str | None = None,
    fieldname: str | None = None,
    folder: str | None = None,
    is_private: bool = True,
) -> Call[dict[str, Any]]:
    """Store a file, attached to a document if one is named; the value is its File document with `file_url`."""
    if bool(doctype) != bool(name):
        raise BadRequest("To attach a file, name both the DocType and the document.")
    texts = {
        "is_private": "1" if is_private else "0",
        "doctype": doctype,
        "docname": name,
        "fieldname": fieldname,
        "folder": folder,
    }
    form = {key: text for key, text in texts.items() if text is not None}
    return Call("POST", paths.method("upload_file"), _read_file, form=form, files={"file": file})


def download(file_url: str) -> Call[bytes]:
    """The content of a file by its `file_url`, such as "/private/files/note.txt".

    Raises `BadRequest` for any other address: credentials must not follow a document to where it points.
    """
    parts = urlsplit(file_url)
    path = unquote(file_url) if "?" not in file_url and "#" not in file_url else file_url
    if parts.scheme or parts.netloc or posixpath.normpath(path) != path or not path.startswith(_FOLDERS):
        raise BadRequest(f"{file_url!r} is not the address of a file on the site.")
    return Call("GET", quote(path, safe="/"), _read_content, repeatable=True)


def _read_file(reply: Reply) -> dict[str, Any]:
    document = replies.message(reply, not_found=DocumentNotFound)
    return document if isinstance(document, dict) else replies.unexpected("file", reply)


def _read_content(reply: Reply) -> bytes:
    replies.raise_for_error(reply, not_found=DocumentNotFound)
    return reply.content
