import json

UPLOAD = "/api/method/upload_file"


def upload(asker, name, content, user="sales@example.com", **fields):
    parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    body = ("".join(parts) + head + content + "\r\n--x--\r\n").encode()
    answer = asker.raw(
        "POST", UPLOAD, user=user, headers={"content-type": "multipart/form-data; boundary=x"}, body=body
    )
    return answer.status, json.loads(answer.body).get("message")


def test_a_private_file_is_for_those_who_read_what_it_is_attached_to(asker):
    target = {"is_private": 1, "doctype": "Customer", "docname": "Karan Rossi"}
    _, file = upload(asker, "note.txt", "hello", **target)
    assert (file["file_url"], file["file_size"], file["file_type"]) == ("/private/files/note.txt", 5, "TXT")
    assert asker.raw("GET", file["file_url"]).body == b"hello"
    assert asker.raw("GET", file["file_url"], user="stock@example.com").status == 403
    assert asker.raw("GET", file["file_url"], user="Guest").status == 403


def test_a_public_file_is_for_everybody(asker):
    _, file = upload(asker, "open.txt", "hi")
    assert asker.raw("GET", file["file_url"], user="Guest").body == b"hi"


def test_another_content_gets_another_name(asker):
    (_, first), (_, second), (_, again) = (upload(asker, "a.txt", text) for text in ("one", "two", "one"))
    assert first["file_url"] == again["file_url"] != second["file_url"]


def test_guests_and_strangers_upload_nothing(asker):
    assert upload(asker, "a.txt", "x", user="Guest")[0] == 403
    assert upload(asker, "a.txt", "x", doctype="Item", docname="50% Dextrose")[0] == 403


def test_a_document_takes_its_files_along(asker):
    asker.ask("POST", "/api/resource/Customer", json_body={"customer_name": "Gone"})
    _, file = upload(asker, "a.txt", "x", doctype="Customer", docname="Gone", is_private=1)
    asker.ask("DELETE", "/api/resource/Customer/Gone", user="Administrator")
    assert asker.raw("GET", file["file_url"]).status == 403
