"""What a plain user may read of the own User document and of others, as measured on real 14 and 15."""

import pytest

from tests.unit.sandbox.asking import messages

ME, OTHER = "sales@example.com", "stock@example.com"
GUARDED = ("user_type", "api_key", "reset_password_key", "login_after", "roles")


@pytest.fixture(params=[14, 15])
def asker(request, make_asker):
    return make_asker(request.param)


def value(asker, user, *fields, who=ME):
    status, said = asker.client("get_value", user=who, doctype="User", filters={"name": user}, fieldname=list(fields))
    assert status == 200, said
    return said["message"]


def test_ones_own_document_says_whether_one_is_enabled(asker):
    status, said = asker.ask("GET", f"/api/resource/User/{ME}")
    assert (status, said["data"]["enabled"]) == (200, 1)
    assert "last_password_reset_date" not in said["data"]
    assert value(asker, ME, "enabled", "last_password_reset_date") == {"enabled": 1, "last_password_reset_date": None}


def test_other_peoples_documents_are_closed_but_their_values_are_not(asker):
    assert asker.ask("GET", f"/api/resource/User/{OTHER}")[0] == 403
    assert asker.client("get", doctype="User", name=OTHER)[0] == 403
    assert value(asker, OTHER, "enabled") == {"enabled": 1}
    assert asker.names("User", filters={"name": OTHER}) == [OTHER]


@pytest.mark.parametrize("user", ["Administrator", "Guest", "nobody@example.com"])
def test_of_administrator_and_guest_there_is_nothing_to_see(asker, user):
    assert value(asker, user, "enabled") == {}
    assert asker.names("User", filters={"name": user}) == []


def test_whoever_has_no_right_is_told_every_reason(asker):
    _, said = asker.ask("GET", "/api/resource/User/Administrator")
    (reasons,) = messages(said)
    assert reasons.startswith("Not allowed via controller permission check<br>")
    assert ("doctype access via role permission" in reasons) is (asker.site.frappe >= 15)


def test_guarded_fields_are_dropped_from_lists_even_when_there_is_no_column(asker):
    assert value(asker, ME, "name", *GUARDED) == {"name": ME}
    assert value(asker, ME, "api_key") == {"name": ME}
    _, said = asker.ask("GET", "/api/resource/User", fields=["*"], filters={"name": ME})
    assert not set(GUARDED) & set(said["data"][0])
    _, said = asker.ask("GET", "/api/resource/User", fields=["name", "user_type"], filters={"name": ME}, user=OTHER)
    assert said["data"] == [{"name": ME}]


def test_a_manager_sees_them(asker):
    seen = value(asker, ME, "user_type", who="manager@example.com")
    assert seen == {"user_type": "System User"}


def test_14_shows_guarded_fields_of_a_document_unless_told_otherwise(make_asker):
    asker = make_asker(14)
    shown = asker.ask("GET", f"/api/resource/User/{ME}")[1]["data"]
    assert shown["user_type"] == "System User"
    asker.site.write_single(
        "System Settings", {**asker.site.read_single("System Settings"), "apply_perm_level_on_api_calls": 1}
    )
    assert "user_type" not in asker.ask("GET", f"/api/resource/User/{ME}")[1]["data"]


def test_15_empties_guarded_fields_of_a_document(make_asker):
    shown = make_asker(15).client("get", doctype="User", name=ME)[1]["message"]
    assert {name: shown[name] for name in ("user_type", "login_after", "roles")} == {
        "user_type": None,
        "login_after": 0,
        "roles": [],
    }


def test_a_new_user_may_read_the_own_document(asker):
    made = {"email": "new@example.com", "first_name": "New", "send_welcome_email": 0}
    assert asker.ask("POST", "/api/resource/User", user="manager@example.com", json_body=made)[0] == 200
    assert asker.ask("GET", "/api/resource/User/new@example.com", user="new@example.com")[0] == 200
