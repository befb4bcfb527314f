from __future__ import annotations

import pytest

from erpnext_connector.call import Upload
from erpnext_connector.errors import BadRequest, PermissionDenied
from erpnext_connector.wire.files import download, upload
from tests.unit.wire.recordings import VERSIONS, exchanges

NOTE = Upload("note.txt", b"hello", "text/plain")


def test_a_file_is_attached_to_a_document_and_private_unless_told_otherwise() -> None:
    call = upload(NOTE, doctype="Customer", name="ACME")
    assert (call.method, call.path) == ("POST", "/api/method/upload_file")
    assert call.form == {"is_private": "1", "doctype": "Customer", "docname": "ACME"}
    assert call.files == {"file": NOTE}
    assert not call.repeatable
    assert upload(NOTE, is_private=False).form == {"is_private": "0"}


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_files_come_and_go(version: int) -> None:
    recorded = exchanges(version)
    assert upload(NOTE).read(recorded["file/upload_private"].reply)["file_name"] == "note.txt"
    assert download("/private/files/note.txt").read(recorded["file/download_private"].reply) == b"hello"
    for case in ("download_private_guest", "download_private_other_user"):
        with pytest.raises(PermissionDenied):
            download("/private/files/note.txt").read(recorded[f"file/{case}"].reply)


@pytest.mark.parametrize(
    ("file_url", "path"),
    [
        ("/files/a b.png", "/files/a%20b.png"),
        ("/private/files/nö te#1?.txt", "/private/files/n%C3%B6%20te%231%3F.txt"),
        ("/files/100%25.txt", "/files/100%25.txt"),
        ("/files/sub/x.txt", "/files/sub/x.txt"),
    ],
)
def test_a_file_is_fetched_by_its_encoded_address(file_url: str, path: str) -> None:
    assert download(file_url).path == path


@pytest.mark.parametrize(
    "file_url",
    [
        "https://evil.example.com/files/x",
        "//evil.example.com/files/x",
        "/files/../api/method/logout",
        "/files/%2e%2e/api/resource/User",
        "/files//x",
        "/api/resource/User",
        "/app",
        "files/x",
        "",
        "/files/",
    ],
)
def test_credentials_go_nowhere_but_to_the_sites_files(file_url: str) -> None:
    with pytest.raises(BadRequest):
        download(file_url)


def test_half_an_attachment_is_refused() -> None:
    with pytest.raises(BadRequest):
        upload(NOTE, doctype="Customer")
