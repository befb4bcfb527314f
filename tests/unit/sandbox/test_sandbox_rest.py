import pytest

from tests.unit.sandbox.asking import messages


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/resource/Item/50%25%20DEXTROSE%20", "50% Dextrose"),
        ("/api/resource/Item/1%2F2in%20Brass%20Elbow", "1/2in Brass Elbow"),
        ("/api/resource/Item/1/2in%20Brass%20Elbow", "1/2in Brass Elbow"),
        ("/api/resource/Item/K%C3%A4se-M%C3%BCller%20GmbH%20W%C3%BCrfel", "Käse-Müller GmbH Würfel"),
        ("/api/v1/resource/UOM/Nos", "Nos"),
    ],
)
def test_names_in_paths_are_decoded_and_found_whatever_their_case(asker, path, name):
    answer = asker.raw("GET", path)
    assert answer.status == 200
    assert f'"name":"{name}"'.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00") in answer.body


@pytest.mark.parametrize(("frappe", "status", "body"), [(14, 404, {}), (15, 404, {"exc_type": "DoesNotExistError"})])
def test_an_unknown_address_is_404(make_asker, frappe, status, body):
    assert make_asker(frappe).ask("GET", "/api/nothing/here") == (status, body)


def test_a_json_body_hides_the_query(asker):
    path = "/api/resource/Customer/Karan Rossi?run_method=cancel"
    status, body = asker.ask("POST", path, json_body={"a": 1})
    assert (status, body["exc_type"]) == (500, "KeyError")


def test_a_body_that_is_no_json_is_an_error_of_each_version(make_asker):
    for frappe, status in ((14, 500), (15, 500), (16, 417)):
        headers = {"content-type": "application/json"}
        assert make_asker(frappe).raw("POST", "/api/resource/Customer", headers=headers, body=b"{no").status == status


def test_a_form_holds_the_document_in_data(asker):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = b"data=%7B%22customer_name%22%3A%20%22Form%20Ltd%22%7D"
    assert asker.raw("POST", "/api/resource/Customer", headers=headers, body=body).status == 200
    assert asker.ask("GET", "/api/resource/Customer/Form Ltd")[0] == 200


def test_a_new_document_of_an_unknown_doctype_is_a_server_error(asker):
    status, body = asker.ask("POST", "/api/resource/No Such", json_body={"a": 1})
    assert (status, body["exc_type"]) == (500, "ImportError")


def test_patch_does_nothing_in_14_and_is_unknown_in_15(make_asker):
    path = "/api/resource/Customer/Karan Rossi"
    assert make_asker(14).ask("PATCH", path, json_body={"territory": "x"}) == (200, {})
    assert make_asker(15).ask("PATCH", path, json_body={"territory": "x"})[0] == 404


def test_errors_are_pages_for_who_wants_text(make_asker):
    for frappe, status in ((14, 200), (15, 404)):
        answer = make_asker(frappe).raw("GET", "/api/resource/Item/nope", headers={"accept": "text/html"})
        assert answer.status == status
        assert b"<title>Not Found</title>" in answer.body


def test_methods_of_documents_can_be_called(asker):
    invoice = "/api/resource/Sales Invoice/ACC-SINV-2026-00001"
    assert asker.ask("POST", f"{invoice}?run_method=submit")[1]["data"]["docstatus"] == 1
    assert asker.raw("POST", f"{invoice}?run_method=explode").status == 404
    status, body = asker.ask("POST", f"{invoice}?run_method=save")
    assert status == 403
    assert "not whitelisted" in messages(body)[0]


def test_frappe_16_expands_links(make_asker):
    _, body = make_asker(16).ask("GET", "/api/resource/Sales Invoice/ACC-SINV-2026-00001", expand_links="1")
    assert body["data"]["customer"]["customer_name"] == "Sharma Systems LLC"
    assert body["data"]["company"]["abbr"] == "LMPL"


def test_options_and_head_have_no_body(asker):
    answer = asker.raw("OPTIONS", "/api/resource/Item")
    assert (answer.status, answer.body) == (200, b"")


def test_the_second_api_of_15_and_16(make_asker):
    old, new = make_asker(15), make_asker(16)
    assert old.ask("GET", "/api/v2/document/UOM", limit=1, order_by="name asc") == (200, {"data": [{"name": "Ampere"}]})
    assert new.ask("GET", "/api/v2/document/UOM", limit=1, order_by="name asc")[1]["has_next_page"] is True
    for asker in (old, new):
        made = {"customer_name": "Two Ltd"}
        assert asker.ask("POST", "/api/v2/document/Customer", json_body=made)[0] == 200
        assert asker.ask("PATCH", "/api/v2/document/Customer/Two Ltd", json_body={"territory": "x"})[0] == 200
        assert asker.ask("GET", "/api/v2/doctype/Customer/count")[1] == {"data": 4}
        status, body = asker.ask("POST", "/api/v2/document/Customer", json_body=made)
        assert (status, body["errors"][0]["type"]) == (409, "DuplicateEntryError")
        assert asker.ask("DELETE", "/api/v2/document/Customer/Two Ltd", user="Administrator")[0] == 202
    assert make_asker(14).ask("GET", "/api/v2/document/UOM") == (404, {})
