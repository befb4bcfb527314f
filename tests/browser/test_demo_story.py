"""What a newcomer does with the demo, in a real browser against real processes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .accessibility import assert_accessible, assert_fits
from .demo import PEOPLE, Demo, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ITEM = "1/2in Brass Elbow"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def shoot(page: Page, tmp_path: Path, name: str) -> None:
    """Kept in the test's own directory, or in SCREENSHOTS for whoever wants to look."""
    page.screenshot(path=Path(os.environ.get("SCREENSHOTS", tmp_path)) / f"story-{name}.png")


def log_in(page: Page, user: str) -> None:
    """Fills the sandbox's login page."""
    page.get_by_label("Email").fill(user)
    page.get_by_label("Password").fill(PEOPLE[user])
    page.get_by_role("button", name="Login").click()


def sign_in(page: Page, demo: Demo, user: str = "sales@example.com") -> None:
    page.goto(demo.dispatch)
    page.get_by_role("link", name="Sign in with ERPNext").click()
    log_in(page, user)
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()


def pick(page: Page, field: str, text: str, title: str) -> None:
    """With the keyboard alone, as somebody does who knows what it is called."""
    box = page.get_by_role("combobox", name=field)
    box.press_sequentially(text, delay=15)
    expect(page.get_by_role("option").first).to_contain_text(title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)


def plan_a_delivery(page: Page, demo: Demo, item: str = ITEM) -> str:
    """The new delivery's address."""
    page.goto(f"{demo.dispatch}/deliveries/new")
    pick(page, "Customer", "aarav åb", "Aarav Åberg")
    pick(page, "Item, row 1", item, item)
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_role("heading", name="Aarav Åberg")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/deliveries/\d+$"))
    return page.url


def test_the_whole_story(page: Page, browser: Browser, demo: Demo, tmp_path: Path) -> None:
    # Somebody has a look, and refuses.
    page.goto(demo.dispatch)
    shoot(page, tmp_path, "welcome")
    page.get_by_role("link", name="Sign in with ERPNext").click()
    log_in(page, "sales@example.com")
    expect(page.get_by_role("heading", name="Confirm Access")).to_be_visible()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("chose not to give this app access")).to_be_visible()
    assert page.url.startswith(demo.dispatch)
    shoot(page, tmp_path, "denied")
    assert_accessible(page)

    # On second thought.
    page.goto(demo.dispatch)
    page.get_by_role("link", name="Sign in with ERPNext").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Sally Example")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing to deliver yet")).to_be_visible()
    shoot(page, tmp_path, "empty")

    # A delivery, without the mouse.
    page.get_by_role("link", name="Plan the first delivery").press("Enter")
    pick(page, "Customer", "aarav åb", "Aarav Åberg")
    pick(page, "Only from this item group", "raw", "Raw Material")
    box = page.get_by_role("combobox", name="Item, row 1")
    box.press_sequentially("grease")
    expect(page.locator("[part=message]", has_text="No Item matches “grease”.")).to_be_visible()
    box.fill("")
    pick(page, "Item, row 1", "brass elbow", ITEM)
    page.get_by_label("Quantity, row 1").fill("2.5")
    page.get_by_role("button", name="+ Add a row").press("Enter")
    expect(page.get_by_role("combobox", name="Item, row 2")).to_be_focused()
    page.get_by_role("combobox", name="Only from this item group").fill("")
    pick(page, "Item, row 2", "grease", "Grease")
    shoot(page, tmp_path, "filled")
    page.get_by_role("button", name="Save delivery").press("Enter")
    expect(page.get_by_role("heading", name="Aarav Åberg")).to_be_visible()
    title = page.locator(f'[data-upstream="Item/{ITEM}"]')
    expect(title).to_have_text(f"{ITEM} (odd)")
    expect(page).to_have_url(re.compile(r"/deliveries/\d+$"))
    delivery = page.url
    shoot(page, tmp_path, "delivery")

    # Somebody else changes the item in ERPNext, and the open page follows.
    with manager(browser, demo) as desk:
        desk.goto(f"{demo.erpnext}/app/item")
        desk.get_by_label("Search Item").fill("brass elbow")
        desk.get_by_role("button", name="Search").click()
        desk.get_by_role("link", name=ITEM).click()
        desk.get_by_label("Item Name").fill("Half-inch elbow, brass")
        desk.get_by_role("button", name="Save", exact=True).click()
    expect(title).to_have_text("Half-inch elbow, brass", timeout=15_000)
    expect(page.get_by_role("status")).to_contain_text("is now Half-inch elbow, brass")
    shoot(page, tmp_path, "changed")

    # The access is taken back in ERPNext; Dispatch asks politely, and comes back to the same page.
    revoke(page, demo)
    page.reload()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    shoot(page, tmp_path, "revoked")
    assert_accessible(page)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Aarav Åberg")).to_be_visible()
    assert page.url == delivery

    # And out.
    page.get_by_role("button", name="Sign out").click()
    page.goto(delivery)
    expect(page.get_by_role("heading", name="Aarav Åberg")).to_have_count(0)


def revoke(page: Page, demo: Demo) -> None:
    """In another tab, on ERPNext's own page."""
    apps = page.context.new_page()
    apps.goto(f"{demo.erpnext}/third_party_apps")
    apps.get_by_role("link", name="Revoke Dispatch").click()
    apps.get_by_role("button", name="Revoke").click()
    expect(apps.get_by_text("No Active Sessions")).to_be_visible()
    apps.close()


@contextmanager
def manager(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The manager's own browser, logged in to the sandbox."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{demo.erpnext}/login")
    log_in(page, "manager@example.com")
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    try:
        yield page
    finally:
        context.close()


def fill_two_rows(page: Page, demo: Demo) -> None:
    """A new delivery, ready to be saved."""
    page.goto(f"{demo.dispatch}/deliveries/new")
    pick(page, "Customer", "aarav åb", "Aarav Åberg")
    page.get_by_label("Leaves on").fill("2031-05-06")
    pick(page, "Item, row 1", "grease nylon", "Grease Nylon")
    page.get_by_label("Quantity, row 1").fill("2.5")
    page.get_by_role("button", name="+ Add a row").click()
    pick(page, "Item, row 2", ITEM, ITEM)
    page.get_by_label("Quantity, row 2").fill("40")


def expect_two_rows(page: Page) -> None:
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("Aarav Åberg")
    expect(page.get_by_label("Leaves on")).to_have_value("2031-05-06")
    expect(page.get_by_text("Grease Nylon")).to_be_visible()
    expect(page.get_by_label("Quantity, row 1")).to_have_value("2.5")
    assert page.locator("[name=item]").nth(1).evaluate("field => field.value") == ITEM
    expect(page.get_by_label("Quantity, row 2")).to_have_value("40")


def test_what_was_typed_comes_back_when_the_access_was_revoked_before_it_was_saved(
    page: Page, demo: Demo, tmp_path: Path
) -> None:
    sign_in(page, demo)
    fill_two_rows(page, demo)
    revoke(page, demo)
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_role("heading", name="Your access has ended")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("not saved yet")).to_be_visible()
    expect_two_rows(page)
    shoot(page, tmp_path, "back")
    assert_accessible(page)
    page.reload()
    expect_two_rows(page)
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_role("heading", name="Aarav Åberg")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Delivery saved.")
    expect(page.get_by_role("row")).to_have_count(3)
    page.goto(f"{demo.dispatch}/deliveries/new")
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("")
    expect(page.get_by_text("not saved yet")).to_be_hidden()


def test_what_was_typed_comes_back_when_the_session_had_ended_and_can_be_put_away(page: Page, demo: Demo) -> None:
    sign_in(page, demo)
    fill_two_rows(page, demo)
    revoke(page, demo)
    other = page.context.new_page()
    other.goto(demo.dispatch)  # notices, and ends the session of this browser
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Allow").click()
    expect_two_rows(page)
    page.get_by_role("link", name="Start with an empty form").click()
    expect(page.get_by_text("not saved yet")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("")


def test_what_one_person_typed_is_not_shown_to_the_next(page: Page, demo: Demo) -> None:
    sign_in(page, demo)
    fill_two_rows(page, demo)
    revoke(page, demo)
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_role("heading", name="Your access has ended")).to_be_visible()
    page.goto(f"{demo.erpnext}/app")
    page.get_by_role("button", name="Log out").click()
    sign_in(page, demo, "manager@example.com")
    page.goto(f"{demo.dispatch}/deliveries/new")
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("")
    expect(page.get_by_text("not saved yet")).to_be_hidden()


def test_a_form_that_a_script_made_up_is_checked_in_erpnext(page: Page, demo: Demo) -> None:
    sign_in(page, demo)
    page.goto(f"{demo.dispatch}/deliveries/new")
    page.evaluate("""() => {
        document.querySelector("#customer").value = "Nobody & Sons";
        document.querySelector("[name=item]").value = "<script>alert(1)</script>";
    }""")
    page.get_by_role("button", name="Save delivery").click()
    expect(page.get_by_text("ERPNext has no Customer “Nobody & Sons” that you may see.")).to_be_visible()
    expect(page.get_by_text("ERPNext has no Item “<script>alert(1)</script>” that you may see.")).to_be_visible()
    assert_accessible(page)


def test_who_may_not_see_customers_is_told_so(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "stock@example.com")
    page.goto(f"{demo.dispatch}/deliveries/new")
    page.get_by_role("combobox", name="Customer").press("ArrowDown")
    expect(page.locator("#customer [part=message]")).to_contain_text("Customer")
    page.get_by_role("combobox", name="Item, row 1").press_sequentially("grease")
    expect(page.locator("[part=message]", has_text="No Item matches “grease”.")).to_be_visible()


def test_a_document_deleted_in_erpnext_is_named_as_gone(page: Page, browser: Browser, demo: Demo) -> None:
    sign_in(page, demo)
    with manager(browser, demo) as desk:
        desk.goto(f"{demo.erpnext}/app/item/new")
        desk.get_by_label("Item Code").fill("SHORT-LIVED")
        desk.get_by_label("Item Name").fill("Soap bubble")
        desk.get_by_label("Item Group").fill("Services")
        desk.get_by_label("Default Unit of Measure").fill("Nos")
        desk.get_by_role("button", name="Save", exact=True).click()
        expect(desk.get_by_role("heading", name="SHORT-LIVED")).to_be_visible()
        plan_a_delivery(page, demo, "SHORT-LIVED")
        expect(page.get_by_text("Soap bubble")).to_be_visible()
        desk.get_by_text("Rename or delete").click()
        desk.get_by_label("Yes, delete").check()
        desk.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Not in ERPNext any more")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, demo: Demo, tmp_path: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", locale="en-US"
    )
    context.set_default_timeout(10_000)
    try:
        for name, page in every_page(context, demo):
            shoot(page, tmp_path, f"{name}-{scheme}-{width}")
            assert_accessible(page)
            assert_fits(page)
    finally:
        context.close()


def every_page(context: BrowserContext, demo: Demo) -> Iterator[tuple[str, Page]]:
    page = context.new_page()
    page.goto(demo.dispatch)
    yield "welcome", page
    page.goto(f"{demo.dispatch}/erpnext/callback?code=x&state=long-gone")
    yield "late", page
    page.goto(f"{demo.dispatch}/deliveries/1")
    yield "signed-out", page
    sign_in(page, demo)
    delivery = plan_a_delivery(page, demo)
    yield "delivery", page
    page.goto(demo.dispatch)
    expect(page.get_by_role("link", name="New delivery")).to_be_visible()
    yield "deliveries", page
    page.goto(f"{demo.dispatch}/deliveries/new")
    pick(page, "Customer", "aarav åb", "Aarav Åberg")
    pick(page, "Item, row 1", "grease nylon", "Grease Nylon")
    page.get_by_role("button", name="+ Add a row").click()
    page.get_by_role("combobox", name="Item, row 2").press_sequentially("ball valve brass")
    expect(page.get_by_role("option").first).to_be_visible()
    yield "new", page
    page.goto(f"{delivery}999")
    yield "nothing", page
