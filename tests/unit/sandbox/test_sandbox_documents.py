import pytest

from tests.unit.sandbox.asking import messages

INVOICE = {
    "customer": "Sharma Systems LLC",
    "company": "Lab Manufacturing Pvt Ltd",
    "items": [{"item_code": "50% dextrose", "qty": "2", "rate": 12.5}],
}
CUSTOMERS, INVOICES = "/api/resource/Customer", "/api/resource/Sales Invoice"


@pytest.fixture
def invoice(asker):
    """A draft invoice's address."""
    status, body = asker.ask("POST", INVOICES, json_body=INVOICE)
    assert status == 200, body
    return f"{INVOICES}/{body['data']['name']}"


def test_a_new_document_gets_name_defaults_and_stamps(asker):
    status, body = asker.ask("POST", CUSTOMERS, json_body={"customer_name": "  New Ltd ", "disabled": "1", "nope": 1})
    data = body["data"]
    assert (status, data["name"], data["customer_name"]) == (200, "New Ltd", "New Ltd")
    assert (data["customer_type"], data["disabled"], data["owner"]) == ("Company", 1, "sales@example.com")
    assert data["creation"] == data["modified"]
    assert "territory" not in data
    assert "nope" not in data


def test_frappe_14_shows_empty_fields_of_a_new_document(make_asker):
    _, body = make_asker(14).ask("POST", CUSTOMERS, json_body={"customer_name": "New Ltd"})
    assert body["data"]["territory"] is None


@pytest.mark.parametrize(
    ("values", "status", "exc_type"),
    [
        ({}, 417, "ValidationError"),
        ({"customer_name": "AARAV ABERG"}, 409, "DuplicateEntryError"),
        ({"customer_name": "A<b"}, 409, "NameError"),
        ({"customer_name": "A", "customer_type": "Alien"}, 417, "ValidationError"),
        ({"customer_name": "A", "tax_id": "x" * 141}, 417, "CharacterLengthExceededError"),
        ({"customer_name": "A", "tax_id": ["x"]}, 417, "ValidationError"),
        ({"customer_name": "A", "docstatus": 2}, 417, "DocstatusTransitionError"),
    ],
)
def test_what_breaks_a_rule_is_refused(asker, values, status, exc_type):
    found, body = asker.ask("POST", CUSTOMERS, json_body=values)
    assert (found, body["exc_type"]) == (status, exc_type)


def test_links_have_to_lead_somewhere_and_are_spelled_as_the_document(asker, invoice):
    _, body = asker.ask("GET", invoice)
    assert body["data"]["items"][0]["item_code"] == "50% Dextrose"
    _, body = asker.ask("PUT", invoice, json_body={"customer": "nope", "items": [{"item_code": "x", "qty": 1}]})
    assert messages(body) == ["Could not find Customer: nope, Row #1: Item Code: x"]


def test_mandatory_fields_of_rows_are_named(asker, invoice):
    status, body = asker.ask("PUT", invoice, json_body={"items": [{"item_code": "50% Dextrose"}]})
    assert (status, body["exc_type"]) == (417, "MandatoryError")
    assert body["exception"].endswith(": qty")


def test_a_put_replaces_the_rows(asker, invoice):
    _, before = asker.ask("GET", invoice)
    rows = [{"item_code": "Plus+Sign C++", "qty": 1}, {"item_code": "50% Dextrose", "qty": 3}]
    _, after = asker.ask("PUT", invoice, json_body={"items": rows})
    assert [row["idx"] for row in after["data"]["items"]] == [1, 2]
    assert before["data"]["items"][0]["name"] not in [row["name"] for row in after["data"]["items"]]


def test_a_row_with_its_name_stays_the_same_row(asker, invoice):
    _, before = asker.ask("GET", invoice)
    row = before["data"]["items"][0]
    _, after = asker.ask("PUT", invoice, json_body={"items": [{**row, "qty": 9}]})
    assert (after["data"]["items"][0]["name"], after["data"]["items"][0]["qty"]) == (row["name"], 9.0)


def test_numbers_are_kept_with_nine_decimals_and_text_in_numbers_is_0(asker, invoice):
    asker.ask("PUT", invoice, json_body={"grand_total": 1.23456789012, "outstanding_amount": "abc"})
    _, body = asker.ask("GET", invoice)
    assert (body["data"]["grand_total"], body["data"]["outstanding_amount"]) == (1.23456789, 0.0)


def test_a_stale_modified_is_refused(asker, invoice):
    _, before = asker.ask("GET", invoice)
    assert asker.ask("PUT", invoice, json_body={"modified": before["data"]["modified"], "remarks": "a"})[0] == 200
    status, body = asker.ask("PUT", invoice, json_body={"modified": before["data"]["modified"], "remarks": "b"})
    assert (status, body["exc_type"]) == (417, "TimestampMismatchError")


def test_an_invoice_goes_from_draft_over_submitted_to_cancelled(asker, invoice):
    assert asker.ask("PUT", invoice, json_body={"docstatus": 2})[1]["exc_type"] == "DocstatusTransitionError"
    assert asker.ask("PUT", invoice, json_body={"docstatus": 1})[0] == 200
    assert asker.ask("PUT", invoice, json_body={"grand_total": 5})[1]["exc_type"] == "UpdateAfterSubmitError"
    assert asker.ask("PUT", invoice, json_body={"remarks": "allowed"})[0] == 200
    _, body = asker.ask("PUT", invoice, json_body={"docstatus": 2})
    assert [row["docstatus"] for row in body["data"]["items"]] == [2]
    assert asker.ask("PUT", invoice, json_body={"remarks": "late"})[0] == 417


def test_an_amendment_is_numbered_and_needs_a_cancelled_original(asker, invoice):
    name = invoice.rsplit("/", 1)[1]
    assert asker.ask("POST", INVOICES, json_body={**INVOICE, "amended_from": name})[0] == 417
    asker.ask("PUT", invoice, json_body={"docstatus": 1})
    asker.ask("PUT", invoice, json_body={"docstatus": 2})
    _, body = asker.ask("POST", INVOICES, json_body={**INVOICE, "amended_from": name})
    assert body["data"]["name"] == f"{name}-1"


def test_what_a_get_does_is_undone(asker, invoice):
    _, body = asker.ask("GET", invoice, run_method="submit")
    assert body["data"]["docstatus"] == 1
    assert asker.ask("GET", invoice)[1]["data"]["docstatus"] == 0


def test_committed_changes_are_told_with_their_events(asker, invoice):
    told = []
    asker.site.after_commit.append(lambda events: told.append([event for event, _ in events]))
    asker.ask("PUT", invoice, json_body={"docstatus": 1})
    asker.ask("PUT", invoice, json_body={"customer": "nope"})
    asker.ask("PUT", invoice, json_body={"docstatus": 2})
    assert told == [["on_update", "on_submit", "on_change"], ["on_cancel", "on_change"]]


def test_a_custom_field_is_a_field_at_once_and_can_be_unique(asker):
    field = {"dt": "Customer", "fieldname": "external_id", "label": "External", "fieldtype": "Data", "unique": 1}
    status, body = asker.ask("POST", "/api/resource/Custom Field", user="Administrator", json_body=field)
    assert status == 200, body
    first = {"customer_name": "A", "external_id": "1"}
    assert asker.ask("POST", CUSTOMERS, json_body=first)[1]["data"]["external_id"] == "1"
    status, body = asker.ask("POST", CUSTOMERS, json_body={**first, "customer_name": "B"})
    assert (status, body["exc_type"]) == (417, "UniqueValidationError")
    assert asker.names("Customer", filters={"external_id": "1"}) == ["A"]


def test_passwords_are_shown_as_stars(asker):
    webhook = {"webhook_doctype": "Item", "webhook_docevent": "on_update", "request_url": "http://127.0.0.1/x"}
    webhook |= {"name": "w", "enable_security": 1, "webhook_secret": "s3cret", "request_method": "POST"}
    webhook |= {"request_structure": "JSON", "webhook_json": "{}"}
    status, body = asker.ask("POST", "/api/resource/Webhook", user="Administrator", json_body=webhook)
    assert (status, body["data"]["webhook_secret"]) == (200, "******")
    assert asker.site.password("Webhook", "w", "webhook_secret") == "s3cret"
