import pytest

from tests.unit.sandbox.asking import messages

CUSTOMER = "/api/resource/Customer/Sharma Systems LLC"


def rename(asker, new, **more):
    body = {"doctype": "Customer", "old_name": "Sharma Systems LLC", "new_name": new, **more}
    return asker.client("rename_doc", body, user="Administrator")


def test_a_deletion_is_noted(asker):
    assert asker.ask("DELETE", "/api/resource/Customer/karan rossi", user="Administrator")[0] == 202
    asked = {"fields": ["deleted_doctype", "deleted_name"], "order_by": "creation desc", "limit": 1}
    _, body = asker.ask("GET", "/api/resource/Deleted Document", user="Administrator", **asked)
    assert body["data"] == [{"deleted_doctype": "Customer", "deleted_name": "Karan Rossi"}]


def test_a_linked_document_stays(asker):
    status, body = asker.ask("DELETE", CUSTOMER, user="Administrator")
    assert (status, body["exc_type"]) == (417, "LinkExistsError")
    assert "ACC-SINV-2026-00001" in messages(body)[0]
    assert messages(body)[1] == "You can disable this Customer instead of deleting it."


def test_a_missing_document_can_not_be_deleted(asker):
    assert asker.ask("DELETE", "/api/resource/Customer/nope", user="Administrator")[0] == 404


def test_links_follow_a_renamed_document_and_its_trail_says_so(asker):
    assert rename(asker, " Sharma Ltd ")[1]["message"] == " Sharma Ltd ".strip()
    assert asker.ask("GET", CUSTOMER)[0] == 404
    _, body = asker.ask("GET", "/api/resource/Sales Invoice/ACC-SINV-2026-00001")
    assert body["data"]["customer"] == "Sharma Ltd"
    fields = {"fields": ["content"], "filters": {"reference_name": "Sharma Ltd"}}
    _, body = asker.ask("GET", "/api/resource/Comment", user="Administrator", **fields)
    assert body["data"][0]["content"].startswith("renamed from")
    _, body = asker.ask("GET", "/api/resource/Customer/Sharma Ltd")
    assert body["data"]["customer_name"] == "Sharma Ltd"


def test_a_merge_takes_the_links_along(asker):
    assert rename(asker, "Karan Rossi", merge=1)[0] == 200
    _, body = asker.ask("GET", "/api/resource/Sales Invoice/ACC-SINV-2026-00001")
    assert body["data"]["customer"] == "Karan Rossi"
    assert asker.ask("GET", CUSTOMER)[0] == 404


@pytest.mark.parametrize(("new", "more"), [("Karan Rossi", {}), ("nope", {"merge": True}), ("<x>", {})])
def test_a_name_that_can_not_be_is_refused(asker, new, more):
    assert rename(asker, new, **more)[0] in (409, 417)


def test_the_last_number_of_a_series_is_given_back(asker):
    body = {"customer": "Karan Rossi", "company": "Lab Manufacturing Pvt Ltd"}
    body["items"] = [{"item_code": "50% Dextrose", "qty": 1}]
    first = asker.ask("POST", "/api/resource/Sales Invoice", json_body=body)[1]["data"]["name"]
    asker.ask("DELETE", f"/api/resource/Sales Invoice/{first}", user="Administrator")
    assert asker.ask("POST", "/api/resource/Sales Invoice", json_body=body)[1]["data"]["name"] == first
