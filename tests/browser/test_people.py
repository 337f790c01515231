"""People in the browser: an invitation, the second step, a key, a credential of another kind; and no page breaks its policy."""

from __future__ import annotations

import httpx
import pyotp
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import watched_page
from tests.support.server import OWNER, Client, ServerProcess

NEW_PASSWORD = "quite a long password"


def sign_in(page: Page, studio: ServerProcess, login: str, password: str) -> None:
    page.goto(f"{studio.url}/sign-in")
    page.get_by_label("E-mail or username").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def menu(page: Page, entry: str) -> None:
    page.get_by_label("Account", exact=True).click()
    page.locator(".menu-list").get_by_role("link", name=entry).click()


def test_an_owner_invites_somebody_who_comes_in_with_two_steps(studio: ServerProcess, browser: Browser, page: Page) -> None:
    Client(studio.url).set_up()
    sign_in(page, studio, OWNER["username"], OWNER["password"])
    menu(page, "Members")
    page.get_by_label("E-mail").fill("grace@example.com")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#invitation-link").inner_text()
    assert link.startswith(studio.url)

    with watched_page(browser, viewport={"width": 390, "height": 844}) as phone:
        phone.goto(link)
        expect(phone.get_by_role("heading", name="Join My workspace")).to_be_visible()
        expect(phone.get_by_label("E-mail")).to_have_value("grace@example.com")
        phone.get_by_label("Username").fill("grace")
        phone.get_by_label("Password").fill(NEW_PASSWORD)
        phone.get_by_role("button", name="Make my account").click()
        expect(phone.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
        phone.get_by_label("Account", exact=True).click()
        expect(phone.get_by_role("link", name="API keys")).to_have_count(0)
        phone.locator(".menu-list").get_by_role("link", name="Account").click()
        phone.get_by_role("link", name="Set it up").click()
        totp = pyotp.TOTP(phone.get_by_label("Secret", exact=True).input_value())
        expect(phone.get_by_alt_text("QR code")).to_be_visible()
        phone.get_by_label("Code that the app shows now").fill(totp.now())
        phone.get_by_label("Password").fill(NEW_PASSWORD)
        phone.get_by_role("button", name="Switch it on").click()
        recovery = phone.locator("#recovery-codes li").first.inner_text()
        phone.get_by_role("link", name="I have kept them").click()
        phone.get_by_label("Account", exact=True).click()
        phone.get_by_role("button", name="Sign out").click()
        sign_in(phone, studio, "grace", NEW_PASSWORD)
        expect(phone.get_by_role("heading", name="Enter your code")).to_be_visible()
        phone.get_by_label("Code").fill(recovery)
        phone.get_by_label("Code").press("Enter")
        expect(phone.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()

    page.reload()
    expect(page.get_by_role("row", name="grace")).to_contain_text("Two steps")
    page.get_by_role("button", name="Remove grace").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("row", name="grace")).to_have_count(0)
    menu(page, "Audit log")
    expect(page.get_by_role("cell", name="member.remove")).to_be_visible()


def test_a_key_is_made_shown_once_and_revoked(studio: ServerProcess, page: Page) -> None:
    Client(studio.url).set_up()
    sign_in(page, studio, OWNER["username"], OWNER["password"])
    menu(page, "API keys")
    page.get_by_label("Name").fill("Nightly")
    page.get_by_role("checkbox", name="flows:read").check()
    page.get_by_role("button", name="Make the key").click()
    token = page.locator("#new-token").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{studio.url}/api/workflows", headers=headers).status_code == 200
    page.goto(f"{studio.url}/keys")
    assert token not in page.content()
    page.get_by_role("button", name="Revoke Nightly").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("No keys yet")).to_be_visible()
    assert httpx.get(f"{studio.url}/api/workflows", headers=headers).status_code == 401
    menu(page, "This server")
    expect(page.get_by_role("row", name="Second step")).to_contain_text("with a password alone")

    page.goto(f"{studio.url}/credentials")
    page.get_by_label("Name", exact=True).fill("MAIL")
    page.get_by_label("Type").select_option("smtp")
    page.locator("#credential-smtp-host").fill("10.9.8.7")
    page.locator("#credential-smtp-password").fill("never shown again")
    page.get_by_role("button", name="Add credential").click()
    page.get_by_role("link", name="MAIL").click()
    expect(page.get_by_label("Server")).to_have_value("10.9.8.7")
    assert "never shown again" not in page.content()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status").filter(has_text="10.9.8.7")).to_contain_text("private")
