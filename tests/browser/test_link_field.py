"""The link field in a real browser, against an app that answers what each test needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from .accessibility import assert_accessible, assert_fits
from .stub import Answering, serving

pytestmark = pytest.mark.browser

VALVES = [{"value": f"ITEM-{n:03}", "label": f"Ball Valve {n}", "description": "Valves"} for n in range(1, 31)]
PUMPS = [
    {"value": "PUMP-1", "label": "Pump Standard", "description": "Pumps"},
    {"value": "PUMP-2", "label": "Pump Müller", "description": "Pumps"},
    {"value": "<script>alert(1)</script>", "label": "<img src=x onerror=alert(2)>", "description": "<b>Bold</b>"},
]
FORM = """<form method="post" action="/save"><label for="item">Item</label>
<erpnext-link id="item" doctype="Item" name="item" {attributes}></erpnext-link>
<p><button>Save</button> <button type="reset">Reset</button></p></form>"""


@pytest.fixture
def app() -> Iterator[Answering]:
    answering = Answering([*VALVES, *PUMPS])
    with serving(answering) as answering.url:
        yield answering


def show(page: Page, app: Answering, attributes: str = "", body: str = FORM) -> Locator:
    app.body = body.format(attributes=attributes) if body is FORM else body
    page.goto(app.url)
    return page.locator("erpnext-link").first.get_by_role("combobox")


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def value(page: Page) -> str:
    return str(page.locator("erpnext-link").first.evaluate("field => field.value"))


def shoot(page: Page, name: str) -> None:
    """A picture for the eye of whoever sets SCREENSHOTS to a directory."""
    if directory := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(directory) / f"field-{name}.png")


def test_typing_shows_titles_and_descriptions_and_enter_picks_the_first(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.press_sequentially("pump st")
    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("Pump StandardPUMP-1 · Pumps")
    assert options(page).locator("mark").all_inner_texts() == ["Pump", "St", "PUMP", "Pump"]
    shoot(page, "options")
    field.press("Enter")
    expect(field).to_have_value("Pump Standard")
    assert value(page) == "PUMP-1"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Posted")).to_be_visible()
    assert app.posted == [{"item": "PUMP-1"}]


def test_the_keyboard_reaches_everything(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.press("ArrowDown")
    expect(options(page)).to_have_count(20)
    expect(field).to_have_attribute("aria-expanded", "true")
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_have_count(0)
    for key, name in [("ArrowDown", "Valve 1"), ("ArrowDown", "Valve 2"), ("End", "Valve 20"), ("ArrowDown", "Valve 1"),
                      ("ArrowUp", "Valve 20"), ("Home", "Valve 1")]:  # fmt: skip
        field.press(key)
        expect(active).to_contain_text(f"{name}ITEM")
        expect(field).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "")
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("Alt+ArrowDown")
    expect(options(page).first).to_be_visible()
    field.press("ArrowDown")
    field.press("Tab")
    expect(field).to_have_value("Ball Valve 1")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    field.focus()
    field.press("Enter")
    expect(page.get_by_text("Posted")).to_be_visible()
    assert app.posted == [{"item": "ITEM-001"}]


def test_escape_brings_back_what_was_picked(page: Page, app: Answering) -> None:
    field = show(page, app, 'value="PUMP-1"')
    expect(field).to_have_value("Pump Standard")
    field.fill("ball")
    expect(options(page)).to_have_count(20)
    field.press("Escape")
    expect(field).to_have_value("ball")
    field.press("Escape")
    expect(field).to_have_value("Pump Standard")
    assert value(page) == "PUMP-1"


def test_the_mouse_picks_and_clears(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.click()
    options(page).nth(2).click()
    expect(field).to_have_value("Ball Valve 3")
    expect(options(page)).to_have_count(0)
    expect(page.locator("[part=name]")).to_have_text("ITEM-003")
    page.get_by_role("button", name="Clear").click()
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    assert value(page) == ""


def test_a_tap_picks(browser_context_touch: Page, app: Answering) -> None:
    page = browser_context_touch
    field = show(page, app)
    field.tap()
    options(page).nth(1).tap()
    expect(field).to_have_value("Ball Valve 2")


@pytest.fixture
def browser_context_touch(browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_typing_fast_asks_once_and_a_stale_answer_is_dropped(page: Page, app: Answering) -> None:
    app.slow_text = "pump"
    field = show(page, app)
    field.fill("pump")
    page.wait_for_timeout(250)
    field.fill("ball valve 17")
    expect(options(page)).to_have_count(1)
    page.wait_for_timeout(900)
    expect(options(page)).to_contain_text("Ball Valve 17")
    assert [asked["txt"] for asked in app.asked] == ["pump", "ball valve 17"]
    field.press_sequentially("xyz", delay=20)
    expect(page.locator("[part=message]")).to_have_text("No Item matches “ball valve 17xyz”.")
    assert len(app.asked) == 3


def test_a_recent_answer_is_not_asked_for_again(page: Page, app: Answering) -> None:
    field = show(page, app)
    for text in ("pump", "ball", "pump"):
        field.fill(text)
        expect(page.locator("[role=option] mark").first).to_have_text(text, ignore_case=True)
    assert [asked["txt"] for asked in app.asked] == ["pump", "ball"]


def test_more_results_than_shown_are_hinted_at(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.fill("ball")
    expect(page.locator("[part=message]")).to_have_text("There are more: type on to narrow them down.")
    expect(page.get_by_role("status")).to_contain_text("First 20 results.")


@pytest.mark.parametrize("typed", ["pump-1", "PUMP STANDARD", "  PUMP-1 ", "ITEM-025"])
def test_an_exact_name_or_title_is_taken_without_picking(page: Page, app: Answering, typed: str) -> None:
    field = show(page, app)
    field.fill(typed)
    field.press("Tab")
    expect(field).to_have_value("Ball Valve 25" if typed == "ITEM-025" else "Pump Standard")


def test_accents_and_case_do_not_matter_for_the_highlight(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.fill("MÜLLER")
    expect(options(page).locator("mark")).to_have_text(["Müller"])


def test_text_that_names_nothing_is_invalid_and_is_not_sent(page: Page, app: Answering) -> None:
    field = show(page, app)
    field.fill("valv")
    field.press("Tab")
    problem = page.locator("[part=error]")
    expect(problem).to_have_text("“valv” is not an Item. Pick one from the list.")
    expect(field).to_have_attribute("aria-invalid", "true")
    shoot(page, "invalid")
    page.get_by_role("button", name="Save").click()
    page.wait_for_timeout(200)
    assert app.posted == []
    assert_accessible(page)
    field.fill("")
    field.press("Tab")
    expect(problem).to_be_hidden()


def test_a_required_field_says_what_to_do(page: Page, app: Answering) -> None:
    show(page, app, "required")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[part=error]")).to_have_text("Pick an Item.")
    assert app.posted == []


def test_a_saved_value_is_shown_by_its_title_and_reset_brings_it_back(page: Page, app: Answering) -> None:
    field = show(page, app, 'value="PUMP-2"')
    expect(field).to_have_value("Pump Müller")
    field.fill("pump standard")
    field.press("Tab")
    expect(field).to_have_value("Pump Standard")
    page.get_by_role("button", name="Reset").click()
    expect(field).to_have_value("Pump Müller")
    assert value(page) == "PUMP-2"


def test_a_given_label_spares_the_question(page: Page, app: Answering) -> None:
    field = show(page, app, 'value="PUMP-2" label="Pump of Müller"')
    expect(field).to_have_value("Pump of Müller")
    assert app.asked == []


def test_a_saved_value_that_is_gone_is_kept_and_told(page: Page, app: Answering) -> None:
    field = show(page, app, 'value="OLD-1"')
    expect(page.locator("[part=error]")).to_have_text("Item “OLD-1” is not in ERPNext any more, or you may not see it.")
    expect(field).to_have_attribute("aria-invalid", "false")
    assert value(page) == "OLD-1"


def test_changed_filters_ask_anew(page: Page, app: Answering) -> None:
    field = show(page, app, """filters='{"item_group": "Valves"}'""")
    field.fill("pump")
    expect(page.locator("[part=message]")).to_have_text("No Item matches “pump”.")
    page.locator("erpnext-link").evaluate("field => field.filters = {item_group: 'Pumps'}")
    field.press("ArrowDown")
    expect(options(page)).to_have_count(2)
    assert [asked["filters"] for asked in app.asked] == ['{"item_group":"Valves"}', '{"item_group":"Pumps"}']


def test_events_tell_the_page_what_was_picked(page: Page, app: Answering) -> None:
    field = show(page, app)
    page.evaluate(
        """() => { window.heard = [];
        for (const name of ["input", "change", "erpnext-link-select"])
            document.addEventListener(name, ({target, detail}) =>
                heard.push([name, target.localName, target.value, detail || null])); }"""
    )
    field.fill("pump st")
    expect(options(page)).to_have_count(1)
    field.press("Enter")
    assert page.evaluate("heard") == [
        ["input", "erpnext-link", "PUMP-1", None],
        ["change", "erpnext-link", "PUMP-1", None],
        ["erpnext-link-select", "erpnext-link", "PUMP-1",
         {"value": "PUMP-1", "label": "Pump Standard", "description": "Pumps"}],
    ]  # fmt: skip


def test_names_full_of_markup_stay_text(page: Page, app: Answering) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    field = show(page, app)
    field.fill("script")
    expect(options(page)).to_contain_text("<img src=x onerror=alert(2)>")
    field.press("Enter")
    expect(field).to_have_value("<img src=x onerror=alert(2)>")
    assert value(page) == "<script>alert(1)</script>"
    assert page.locator("erpnext-link img, erpnext-link script").count() == 0
    assert alerts == []


def test_while_erpnext_is_down_it_says_so_and_tries_again_on_request(page: Page, app: Answering) -> None:
    app.status, app.error = 503, {"error": {"code": "site_unavailable", "message": "ERPNext is down for maintenance."}}
    field = show(page, app)
    field.fill("pump st")
    expect(page.locator("[part=message]")).to_have_text("ERPNext is down for maintenance.")
    shoot(page, "down")
    assert_accessible(page)
    app.status = 200
    field.press("Tab")
    page.keyboard.press("Enter")
    expect(options(page)).to_have_count(1)
    expect(field).to_be_focused()


def test_offline_is_told_and_mended_by_itself(page: Page, app: Answering) -> None:
    field = show(page, app)
    page.context.set_offline(True)
    field.fill("pump st")
    expect(page.locator("[part=message]")).to_have_text("You are offline.")
    page.context.set_offline(False)
    expect(options(page)).to_have_count(1)


def test_signed_out_offers_the_way_in_and_goes_on_afterwards(page: Page, app: Answering) -> None:
    app.status, app.error = 401, {"error": {"code": "not_signed_in"}, "sign_in_url": "/erpnext/login"}
    field = show(page, app)
    field.fill("pump st")
    link = page.get_by_role("link", name="Sign in again")
    expect(link).to_have_attribute("href", f"{app.url}/erpnext/login?next=%2F")
    shoot(page, "signed-out")
    assert_accessible(page)
    app.status = 200
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(options(page)).to_have_count(1)


def test_a_sign_in_address_that_is_a_script_is_not_offered(page: Page, app: Answering) -> None:
    app.status, app.error = 401, {"error": {}, "sign_in_url": "javascript:alert(1)"}
    field = show(page, app)
    field.fill("pump")
    expect(page.locator("[part=message]")).to_have_text("You are signed out.")
    expect(page.get_by_role("link")).to_have_count(0)


def test_a_forbidden_doctype_is_told_in_erpnexts_words(page: Page, app: Answering) -> None:
    app.status, app.error = 403, {"error": {"message": "You may not read Item."}}
    field = show(page, app)
    field.press("ArrowDown")
    expect(page.locator("[part=message]")).to_have_text("You may not read Item.")


def test_text_that_could_not_be_looked_up_is_not_taken(page: Page, app: Answering) -> None:
    app.status, app.error = 503, {}
    field = show(page, app)
    field.fill("PUMP-1")
    field.evaluate("input => input.getRootNode().host.blur()")
    expect(page.locator("[part=error]")).to_have_text("“PUMP-1” could not be looked up. Try again.")
    assert value(page) == ""


def test_a_disabled_field_or_fieldset_neither_opens_nor_sends(page: Page, app: Answering) -> None:
    body = """<form method="post"><fieldset id="all"><legend>Row</legend>
    <label>Item <erpnext-link doctype="Item" name="item" value="PUMP-1" label="Pump"></erpnext-link></label></fieldset>
    <button>Save</button></form>"""
    field = show(page, app, body=body)
    page.evaluate("document.getElementById('all').disabled = true")
    expect(field).to_be_disabled()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Posted")).to_be_visible()
    assert app.posted == [{}]


def test_labels_of_every_kind_name_the_field(page: Page, app: Answering) -> None:
    link = '<erpnext-link doctype="Item" {}></erpnext-link>'
    show(
        page,
        app,
        body=f"""<p><label for="a">Ship</label> {link.format('id="a"')}</p>
        <p><label>Wrapped {link.format("")}</label></p><p>{link.format('aria-label="Said"')}</p>
        <p id="head">Headed</p><p>{link.format('aria-labelledby="head"')}</p><p>{link.format("")}</p>""",
    )
    for name in ("Ship", "Wrapped", "Said", "Headed", "Item"):
        expect(page.get_by_role("combobox", name=name, exact=True)).to_have_count(1)
    page.get_by_text("Ship").click()
    expect(page.get_by_role("combobox", name="Ship")).to_be_focused()


def test_rows_added_to_a_table_by_a_script_work_at_once(page: Page, app: Answering) -> None:
    body = """<form method="post"><table><caption>Rows</caption><thead><tr><th scope="col">Item</th></tr></thead>
    <tbody id="rows"></tbody></table><button>Save</button></form>
    <template id="row">
    <tr><td><erpnext-link doctype="Item" name="item" aria-label="Item"></erpnext-link></td></tr></template>
    <script>for (let n = 0; n < 3; n++) rows.append(document.getElementById("row").content.cloneNode(true));</script>"""
    show(page, app, body=body)
    fields = page.get_by_role("combobox")
    expect(fields).to_have_count(3)
    fields.nth(2).fill("pump st")
    page.wait_for_timeout(300)
    fields.nth(2).press("Enter")
    expect(fields.nth(2)).to_have_value("Pump Standard")
    page.locator("tr", has=page.get_by_role("combobox")).first.evaluate("row => row.remove()")
    expect(fields).to_have_count(2)


def test_properties_set_before_the_script_ran_are_kept(page: Page, app: Answering) -> None:
    body = """<erpnext-link id="early" doctype="Item" aria-label="Item"></erpnext-link>
    <script>document.getElementById("early").value = "PUMP-1";
    document.getElementById("early").filters = {item_group: "Pumps"};</script>"""
    field = show(page, app, body=body)
    expect(field).to_have_value("Pump Standard")
    field.click()
    expect(options(page)).to_have_count(2)


def test_the_source_attribute_names_another_route(page: Page, app: Answering) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    field = show(page, app, 'src="/other/place"')
    field.press("ArrowDown")
    page.wait_for_timeout(300)
    assert f"{app.url}/other/place/Item?txt=&limit=20" in asked


def test_a_doctype_and_a_name_with_odd_letters_reach_the_app_whole(page: Page, app: Answering) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, app, body=FORM.replace('"Item"', '"Sales Invoice/Row"').format(attributes=""))
    page.locator("erpnext-link").evaluate("field => { field.value = '50% & 1/2 #é'; }")
    page.wait_for_timeout(300)
    assert f"{app.url}/erpnext/link/Sales%20Invoice%2FRow?value=50%25+%26+1%2F2+%23%C3%A9" in asked


def test_its_words_can_be_translated(page: Page, app: Answering) -> None:
    field = show(page, app)
    page.evaluate("""async () => {
        const Link = await customElements.whenDefined("erpnext-link");
        Link.words.noMatch = (doctype, text) => `Kein Treffer für „${text}“.`;
    }""")
    field.fill("xyz")
    expect(page.locator("[part=message]")).to_have_text("Kein Treffer für „xyz“.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_in_every_light_and_width(page: Page, app: Answering, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    field = show(page, app, "required")
    assert_accessible(page)
    field.fill("ball")
    expect(options(page)).to_have_count(20)
    shoot(page, f"{scheme}-{width}")
    assert_accessible(page)
    assert_fits(page)


def test_it_keeps_to_forced_colors_reduced_motion_and_right_to_left(page: Page, app: Answering) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    field = show(page, app)
    page.evaluate("document.documentElement.dir = 'rtl'")
    field.fill("ball")
    expect(options(page)).to_have_count(20)
    shoot(page, "forced-rtl")
    popup, box = page.locator("[part=popup]").bounding_box(), page.locator("[part=field]").bounding_box()
    assert popup is not None
    assert box is not None
    assert abs((popup["x"] + popup["width"]) - (box["x"] + box["width"])) < 2


def test_a_narrow_field_shows_the_name_below_the_title_until_somebody_types(page: Page, app: Answering) -> None:
    field = show(page, app, 'style="inline-size: 11rem" value="PUMP-1" label="Pump Standard"')
    name = page.locator("[part=name]")
    expect(name).to_have_text("PUMP-1")
    title, below = field.bounding_box(), name.bounding_box()
    assert title is not None
    assert below is not None
    assert below["y"] >= title["y"] + title["height"] - 6
    field.press("End")
    expect(name).to_be_visible()
    field.press_sequentially("x")
    expect(name).to_be_hidden()
    field.press("Escape")
    field.press("Escape")
    expect(name).to_have_text("PUMP-1")
    assert_accessible(page)


def test_in_a_narrow_field_every_sentence_stays_on_the_screen(page: Page, app: Answering) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    app.status, app.error = 401, {"sign_in_url": "/erpnext/login"}
    field = show(page, app, 'style="inline-size: 11rem; margin-inline-start: 9rem"')
    field.press("ArrowDown")
    expect(page.locator("[part=note]")).to_be_visible()
    popup = page.locator("[part=popup]").bounding_box()
    assert popup is not None
    assert popup["x"] >= 0
    assert popup["x"] + popup["width"] <= 390


def test_a_wide_field_and_its_list_are_equally_wide(page: Page, app: Answering) -> None:
    field = show(page, app, 'style="inline-size: 20rem"')
    field.fill("ball")
    expect(options(page)).to_have_count(20)
    popup, box = page.locator("[part=popup]").bounding_box(), page.locator("[part=field]").bounding_box()
    assert popup is not None
    assert box is not None
    assert abs(popup["width"] - box["width"]) < 1


def test_near_the_bottom_of_the_window_the_list_opens_upward(page: Page, app: Answering) -> None:
    body = '<div style="height: 680px"></div><erpnext-link doctype="Item" aria-label="Item"></erpnext-link>'
    field = show(page, app, body=body)
    field.click()
    expect(options(page)).to_have_count(20)
    popup, box = page.locator("[part=popup]").bounding_box(), field.bounding_box()
    assert popup is not None
    assert box is not None
    assert popup["y"] >= 0
    assert popup["y"] + popup["height"] <= box["y"]
