import pytest

from tests.unit.sandbox.asking import messages

STOCK = "stock@example.com"


def test_a_user_permission_restricts_lists_documents_and_the_doctype_itself(asker):
    groups = {
        row["item_group"]
        for row in asker.ask("GET", "/api/resource/Item", user=STOCK, fields=["item_group"])[1]["data"]
    }
    assert groups == {"Raw Material"}
    assert asker.names("Item Group", user=STOCK) == [], "the only allowed group has a parent that is not allowed"
    valve = asker.names("Item", filters={"item_group": "Valves"}, limit=1)[0]
    assert asker.ask("GET", f"/api/resource/Item/{valve}", user=STOCK)[0] == 403
    assert asker.ask("GET", "/api/resource/Item/50%25 Dextrose", user=STOCK)[0] == 200


def test_roles_decide_what_may_be_done(asker):
    assert asker.ask("GET", "/api/resource/Supplier")[0] == 403
    status, body = asker.ask("PUT", "/api/resource/Item/50%25 Dextrose", json_body={"brand": "x"})
    assert status == 403
    assert "'write' permission" in body["_error_message"]


@pytest.mark.parametrize(("frappe", "status"), [(14, 404), (15, 404), (16, 403)])
def test_frappe_16_does_not_tell_strangers_that_a_document_is_missing(make_asker, frappe, status):
    asker = make_asker(frappe)
    assert asker.ask("GET", "/api/resource/Supplier/nope")[0] == status
    assert asker.ask("GET", "/api/resource/Item/nope")[0] == 404


def test_frappe_14_names_the_class_only_of_errors_that_speak(make_asker):
    status, body = make_asker(14).ask("GET", "/api/resource/Supplier")
    assert (status, body.get("exc_type")) == (403, None)
    assert body["exception"] == "frappe.exceptions.PermissionError"


def test_a_shared_document_can_be_read(asker):
    customer = "/api/resource/Customer/Karan Rossi"
    assert asker.ask("GET", customer, user=STOCK)[0] == 403
    share = {"user": STOCK, "share_doctype": "Customer", "share_name": "Karan Rossi", "read": 1}
    assert asker.ask("POST", "/api/resource/DocShare", user="Administrator", json_body=share)[0] == 200
    assert asker.ask("GET", customer, user=STOCK)[0] == 200


def test_the_reason_is_told(asker):
    _, body = asker.ask("GET", "/api/resource/Supplier")
    assert "does not have doctype access via role permission" in messages(body)[0]


def test_rights_on_a_document_can_be_asked(asker):
    _, body = asker.client("get_doc_permissions", doctype="Customer", docname="Karan Rossi")
    rights = body["message"]["permissions"]
    assert (rights["write"], rights["delete"], rights["submit"]) == (1, 0, 0)
    _, body = asker.client("has_permission", doctype="Customer", docname="Karan Rossi", perm_type="delete")
    assert body == {"message": {"has_permission": False}}
