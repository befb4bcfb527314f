import pytest

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.controllers import check_client, check_user, check_webhook
from erpnext_connector.sandbox.errors import FrappeError

CLIENT = {"name": "abc", "grant_type": "Authorization Code", "response_type": "Code"}
WEBHOOK = {"webhook_doctype": "User", "webhook_docevent": "on_update", "request_url": "http://127.0.0.1/hooks"}


def refused(check, site, document):
    with pytest.raises(FrappeError) as caught:
        check(site, document)
    return caught.value.message


def test_a_client_gets_an_id_a_secret_and_a_role(make_site):
    for frappe, role in ((14, "All"), (15, "Desk User"), (16, "Desk User")):
        client = dict(CLIENT)
        check_client(make_site(frappe), client)
        assert client["client_id"] == "abc"
        assert len(client["client_secret"]) == 10
        assert client["allowed_roles"] == [{"role": role}]


def test_a_client_keeps_the_roles_that_it_was_given(site):
    client = CLIENT | {"allowed_roles": [{"role": "Sales User"}]}
    check_client(site, client)
    assert client["allowed_roles"] == [{"role": "Sales User"}]


def test_grant_and_response_type_have_to_go_together(site):
    assert "not allowed" in refused(check_client, site, CLIENT | {"response_type": "Token"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"webhook_docevent": "on_submit"}, "DocType must be Submittable for the selected Doc Event"),
        ({"request_url": "nohost"}, "Check Request URL"),
        ({"condition": "doc.x ==="}, "Invalid Condition"),
        ({"condition": "nothing > 5"}, "Invalid Condition: 'nothing' is undefined"),
        ({"request_structure": "JSON", "webhook_json": "{{ doc.name"}, "Syntax error in template"),
        ({"webhook_data": [{"fieldname": "a"}, {"fieldname": "a"}]}, "Same Field is entered more than once"),
        ({"enable_security": 1}, "Invalid Webhook Secret"),
    ],
)
def test_a_wrong_webhook_is_refused(site, changes, said):
    assert said in refused(check_webhook, site, WEBHOOK | changes)


def test_a_condition_is_tried_on_a_new_document(site):
    check_webhook(site, WEBHOOK | {"condition": "doc.enabled > 0 and doc.first_name == 'x'"})


def test_the_request_structure_decides_which_body_stays(site):
    both = WEBHOOK | {"webhook_json": "{}", "webhook_data": [{"fieldname": "name", "key": "n"}]}
    as_json, as_form = both | {"request_structure": "JSON"}, both | {"request_structure": "Form URL-Encoded"}
    check_webhook(site, as_json)
    check_webhook(site, as_form)
    assert (as_json["webhook_data"], as_form["webhook_json"]) == ([], None)


def test_a_new_user_gets_an_id_for_openid_and_may_be_given_a_password(site):
    user = {"name": "new@example.com", "first_name": "New", "enabled": 1, "new_password": "s3cret"}
    check_user(site, user)
    assert [len(row["userid"]) for row in user["social_logins"]] == [39]
    assert site.password("User", "new@example.com", "password") == "s3cret"
    assert user["new_password"] == ""


def test_a_user_has_a_full_name_and_loses_the_sessions_when_disabled(site):
    session = site.sessions.start("sales@example.com")
    user = records.read(site, "User", "sales@example.com")
    check_user(site, user)
    assert user["full_name"] == "Sally Example"
    assert site.sessions.find(session.sid)
    check_user(site, user | {"enabled": 0})
    assert site.sessions.find(session.sid) is None
