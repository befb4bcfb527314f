import json

import pytest

from erpnext_connector.sandbox.webhook import Trigger, request_of, sign, triggered

ITEM = {
    "doctype": "Item",
    "name": 'Größe "5"',
    "brand": "O'Brien <b>",
    "docstatus": 0,
    "modified": "2026-11-23 10:00:00.5",
}
HOOK = {
    "name": "hook",
    "webhook_doctype": "Item",
    "webhook_docevent": "on_update",
    "request_url": "http://127.0.0.1:9/hooks",
    "request_method": "POST",
    "request_structure": "JSON",
}


def hook(**changes):
    return HOOK | changes


def test_only_the_webhooks_of_the_doctype_and_event_are_sent():
    hooks = [hook(), hook(name="other", webhook_docevent="on_trash"), hook(name="third", webhook_doctype="Customer")]
    assert triggered(hooks, [("on_update", ITEM)]) == [Trigger("hook", ITEM)]


def test_several_saves_in_one_request_are_one_delivery_with_the_last_state():
    saved_again = ITEM | {"brand": "New"}
    assert triggered([hook()], [("on_update", ITEM), ("on_update", saved_again)]) == [Trigger("hook", saved_again)]


def test_events_go_out_in_their_order_with_the_newest_webhook_first():
    hooks = [hook(name="newer"), hook(name="older"), hook(name="insert", webhook_docevent="after_insert")]
    sent = triggered(hooks, [("after_insert", ITEM), ("on_update", ITEM)])
    assert [trigger.webhook for trigger in sent] == ["insert", "newer", "older"]


def test_an_edit_after_submit_never_sends_its_own_event():
    hooks = [hook(webhook_docevent="on_update_after_submit")]
    assert triggered(hooks, [("on_update_after_submit", ITEM)]) == []


@pytest.mark.parametrize(
    ("condition", "sent"),
    [("doc.docstatus == 0", 1), ("doc.get('brand') == 'X'", 0), ("doc.nothing > 5", 0), ("  ", 1)],
)
def test_a_condition_decides_and_a_broken_one_sends_nothing(condition, sent):
    assert len(triggered([hook(condition=condition)], [("on_update", ITEM)])) == sent


def test_a_json_template_becomes_ascii_json():
    template = (
        '{"name": {{ doc.name | tojson }}, "when": {{ doc.modified | string | tojson }}, "status": {{ doc.docstatus }}}'
    )
    request = request_of(hook(webhook_json=template), ITEM, None)
    assert request.body == b'{"name": "Gr\\u00f6\\u00dfe \\"5\\"", "when": "2026-11-23 10:00:00.5", "status": 0}'


def test_the_form_structure_is_sent_as_json_too():
    rows = [{"fieldname": "name", "key": "id"}, {"fieldname": "nothing", "key": "none"}]
    request = request_of(hook(request_structure="Form URL-Encoded", webhook_data=rows), ITEM, None)
    assert json.loads(request.body) == {"id": 'Größe "5"', "none": None}


def test_a_webhook_without_data_sends_an_empty_object():
    assert request_of(hook(), ITEM, None).body == b"{}"


def test_child_rows_are_seen_by_the_template():
    invoice = {"doctype": "Sales Invoice", "name": "S1", "items": [{"item_code": "A"}, {"item_code": "B"}]}
    template = '[{% for row in doc.items %}{{ row.item_code | tojson }}{{ "," if not loop.last }}{% endfor %}]'
    assert request_of(hook(webhook_json=template), invoice, None).body == b'["A", "B"]'


def test_there_is_no_content_type_but_that_of_a_header_row():
    assert request_of(hook(), ITEM, None).headers == ()
    rows = [{"key": "Content-Type", "value": "application/json"}, {"key": "Empty", "value": ""}]
    assert request_of(hook(webhook_headers=rows), ITEM, None).headers == (("Content-Type", "application/json"),)


def test_security_signs_the_raw_body():
    request = request_of(hook(enable_security=1), ITEM, "secret")
    assert dict(request.headers) == {"X-Frappe-Webhook-Signature": sign(b"{}", "secret")}


def test_the_signature_is_that_of_a_real_frappe_15():
    body = (
        b'{"name": "HOOK-1 Gr\\u00f6\\u00dfe \\u65e5\\u672c", "modified": "2026-11-23 23:58:13.879934", "rate": 12.5}'
    )
    assert sign(body, "contract-webhook-secret") == "Cf+BIcoY0IzRZjFBBUtMnZ88Sx6783shA37Q2de0ljM="


def test_an_unescaped_quote_in_a_template_is_an_error():
    with pytest.raises(ValueError, match="delimiter"):
        request_of(hook(webhook_json='{"name": "{{ doc.name }}"}'), ITEM, None)


def test_templates_can_not_reach_into_python():
    with pytest.raises(Exception, match="unsafe"):
        request_of(hook(webhook_json="{{ doc.__class__.__mro__ }}"), ITEM, None)


def test_a_dynamic_url_is_a_template():
    assert (
        request_of(hook(is_dynamic_url=1, request_url="http://h/{{ doc.doctype }}"), ITEM, None).url == "http://h/Item"
    )


def test_the_timeout_is_five_seconds_unless_the_webhook_says():
    assert request_of(hook(timeout=0), ITEM, None).timeout_seconds == 5
    assert request_of(hook(timeout=2), ITEM, None).timeout_seconds == 2
