"""A table is made, filled and corrected in the browser, cell by cell."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.server import Client, ServerProcess


def sign_in(page: Page, studio: ServerProcess) -> Client:
    client = Client(studio.url).set_up()
    page.goto(f"{studio.url}/sign-in")
    page.context.add_cookies([{"name": name, "value": value, "url": studio.url} for name, value in client.cookies.items()])
    return client


def test_a_table_is_made_filled_and_corrected(studio: ServerProcess, page: Page) -> None:
    client = sign_in(page, studio)
    page.goto(f"{studio.url}/tables")
    page.get_by_label("Name").fill("Customers")
    page.get_by_label("Columns").fill("email, age:number, member:boolean")
    page.get_by_role("button", name="Make the table").click()
    page.get_by_label("email of the new row").fill("ada@example.com")
    page.get_by_label("age of the new row").fill("36")
    page.get_by_role("button", name="Add row").click()
    expect(page.get_by_label("email of the new row")).to_have_value("")
    age = page.get_by_label("age of row 1")
    expect(age).to_have_value("36")
    with page.expect_response("**/cell"):
        age.fill("37")
        age.press("Tab")
    expect(page.get_by_label("member of row 1")).to_be_focused()
    page.get_by_label("member of row 1").select_option("yes")
    expect(page.locator("td[data-saved]")).to_have_count(2)
    table = f"/api{page.url.removeprefix(studio.url).partition('?')[0]}"
    row = client.get(f"{table}/rows/1").json()
    assert (row["email"], row["age"], row["member"]) == ("ada@example.com", 37, True)
    page.get_by_role("link", name="age").click()
    expect(page.get_by_role("columnheader", name="age ↑")).to_be_visible()
    expect(page.get_by_label("age of row 1")).to_have_value("37")
    page.get_by_role("button", name="Delete row 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no rows yet.")).to_be_visible()
