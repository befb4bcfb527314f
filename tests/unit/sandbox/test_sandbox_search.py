import pytest

LINK = "/api/method/frappe.desk.search.search_link"


def offered(asker, doctype="Item", txt="", **params):
    status, body = asker.ask("GET", LINK, doctype=doctype, txt=txt, **params)
    assert status == 200, body
    return body.get("message", body.get("results"))


@pytest.mark.parametrize("frappe", [14, 15, 16])
def test_each_version_has_its_shape(make_asker, frappe):
    _, body = make_asker(frappe).ask("GET", LINK, doctype="Item", txt="kase")
    (option,) = body["results" if frappe == 14 else "message"]
    assert option["value"] == "Käse-Müller GmbH Würfel"
    assert option["description"].endswith("(odd), odd name for URL/quoting tests, Raw Material")
    assert ("label" in option) == (frappe == 16)


def test_text_is_looked_for_in_title_and_search_fields(asker):
    assert {one["value"] for one in offered(asker, txt="quoting")} >= {"50% Dextrose", "Emoji 🔩 Bolt"}


def test_names_that_begin_with_the_text_come_first(asker):
    assert offered(asker, txt="plus")[0]["value"] == "Plus+Sign C++"


def test_disabled_documents_are_not_offered(asker):
    asker.ask("PUT", "/api/resource/Customer/Karan Rossi", json_body={"disabled": 1})
    assert offered(asker, "Customer", "karan") == []


def test_filters_and_restrictions_hold(asker):
    assert {one["value"][:3] for one in offered(asker, filters={"item_group": "Valves"})} == {"VAL"}
    stock = offered(asker, user="stock@example.com")
    assert len(stock) == 5


def test_who_may_not_read_is_refused(asker):
    assert asker.ask("GET", LINK, doctype="Supplier", txt="")[0] == 403
    assert asker.ask("GET", LINK, doctype="Item", txt="", user="Guest")[0] == 403


def test_frappe_16_lets_link_searches_be_cached(make_asker):
    answer = make_asker(16).raw("GET", f"{LINK}?doctype=UOM&txt=kg")
    assert ("cache-control", "private,max-age=300,stale-while-revalidate=300") in answer.headers
