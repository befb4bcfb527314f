from tests.unit.sandbox.asking import messages

ASSIGN = "/api/method/frappe.desk.form.assign_to."
COUNT = "/api/method/frappe.desk.reportview.get_count"
KARAN = {"doctype": "Customer", "name": "Karan Rossi"}


def test_a_document_is_assigned_once_and_taken_back(asker):
    add = {**KARAN, "assign_to": '["sales@example.com", "sales@example.com"]'}
    _, body = asker.ask("POST", f"{ASSIGN}add", json_body=add)
    assert [one["owner"] for one in body["message"]] == ["sales@example.com"]
    assert "Already" in messages(body)[0]
    assert asker.names("ToDo", filters={"reference_name": "Karan Rossi"}) == [body["message"][0]["name"]]
    remove = {**KARAN, "assign_to": "sales@example.com"}
    assert asker.ask("POST", f"{ASSIGN}remove", json_body=remove)[1] == {"message": []}


def test_assigning_to_who_can_not_read_needs_the_right_to_share(asker):
    add = {**KARAN, "assign_to": '["stock@example.com"]'}
    assert asker.ask("POST", f"{ASSIGN}add", json_body=add)[0] == 403
    assert asker.ask("POST", f"{ASSIGN}add", user="Administrator", json_body=add)[0] == 200
    assert asker.ask("GET", "/api/resource/Customer/Karan Rossi", user="stock@example.com")[0] == 200


def test_the_desk_counts_what_the_user_sees(asker):
    assert asker.ask("GET", COUNT, user="stock@example.com", doctype="Item")[1] == {"message": 5}


def test_a_doctype_is_shown_with_its_child_tables(asker):
    _, body = asker.ask("GET", "/api/method/frappe.desk.form.load.getdoctype", doctype="Sales Invoice")
    assert [one["name"] for one in body["docs"]] == ["Sales Invoice", "Sales Invoice Item"]
    fields = {field["fieldname"]: field for field in body["docs"][0]["fields"]}
    assert (fields["customer"]["options"], fields["customer"]["reqd"], fields["customer"]["hidden"]) == (
        "Customer",
        1,
        0,
    )


def test_the_version_is_told_to_who_is_signed_in(make_asker):
    versions = "/api/method/frappe.utils.change_log.get_versions"
    _, body = make_asker(14).ask("GET", versions)
    assert body["message"]["frappe"]["version"].startswith("14.")
    assert make_asker(16).ask("GET", versions, user="Guest")[0] == 403
    assert make_asker(16).ask("GET", "/api/method/ping", user="Guest")[1] == {"message": "pong"}
