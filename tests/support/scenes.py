"""Every page of the studio and the states that people see it in, as places to go to and things to do there."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.support.people import email
from tests.support.sample_studio import SampleStudio
from tests.support.server import OWNER, ServerProcess

Act = Callable[[Page], object]


@dataclass(frozen=True)
class Scene:
    """`who` is signed in (nobody: ""); `act` is done once the page is there; an `empty` studio has only its owner in it."""

    name: str
    path: str
    act: Act | None = None
    who: str = OWNER["username"]
    empty: bool = False


LISTS = ("executions", "approvals", "tables", "credentials", "keys", "schedules", "stored-values", "developers", "audit")
PEOPLE = ("account", "account/two-step", "workspaces", "members", "operator", "copilot")
PLAIN = (*LISTS, *PEOPLE, "templates", "blocks", "expressions")


def scenes(studio: SampleStudio, server: ServerProcess) -> Iterator[Scene]:
    """All of them, but for the editor's."""
    yield from _doors(studio)
    yield Scene("workflows", "/")
    yield Scene("workflows, new", "/", _press("Create workflow"))
    yield Scene("workflows, menu", "/", lambda page: page.locator("main .menu > summary").first.click())
    yield Scene("workflows, nothing fits", "/?q=nothing+like+this")
    yield Scene("workflows, viewer", "/", who="vera")
    yield Scene("workflows, navigation", "/", _open_navigation)
    yield from (Scene(name.replace("/", " "), f"/{name}") for name in PLAIN)
    yield from (Scene(f"{name}, empty", f"/{name}", empty=True) for name in LISTS)
    yield Scene("workflows, empty", "/", empty=True)
    yield Scene("executions, failed ones", "/executions?status=failed")
    yield Scene("executions, of one workflow", f"/executions?workflow={studio.workflows['order_total']}")
    yield Scene("executions, some chosen", "/executions", lambda page: page.locator("tbody input[type=checkbox]").first.check())
    yield Scene("executions, nothing fits", f"/executions?workflow={studio.workflows['empty']}")
    yield from (Scene(f"execution, {state}", f"/executions/{found}") for state, found in studio.executions.items())
    yield from (Scene(name, path) for name, path in studio.places.items() if name != "invitation")
    yield Scene("table, filtered to nothing", f"{studio.places['table']}?column=name&operator=equals&value=Zoe")
    yield Scene("table, a cell", studio.places["table"], lambda page: page.locator("tbody td").nth(2).click())
    yield Scene("reference", "/developers/reference")
    yield Scene("block", "/blocks/general_api")
    yield Scene("blocks, nothing fits", "/blocks?q=nothing+like+this")
    yield Scene("workflow settings", f"/workflows/{studio.workflows['order_total']}/settings")
    yield Scene("stored-values, dialog", "/stored-values", _press("Set a value"))
    yield Scene("credentials, refused", "/credentials", _refused_credential)
    yield Scene("not found", "/nowhere")
    yield Scene("not allowed", "/audit", who="vera")
    yield Scene("broken", "/stored-values", lambda page: _break_a_page(page, server))


def _doors(studio: SampleStudio) -> Iterator[Scene]:
    yield Scene("sign in", "/sign-in", who="")
    yield Scene("sign in, refused", "/sign-in", _sign_in_wrongly, who="")
    yield Scene("sign in, session expired", "/executions", who="")
    yield Scene("forgotten password", "/forgotten-password", who="")
    yield Scene("invitation", studio.places["invitation"], who="")
    yield Scene("invitation, for a member", studio.places["invitation"])
    yield Scene("invitation, spent", "/invitation?token=spent", who="")
    yield Scene("new password, spent", "/new-password?token=spent", who="")
    yield Scene("resume, spent", "/api/resume/spent", who="")


def _press(name: str) -> Act:
    return lambda page: page.get_by_role("button", name=re.compile(name)).first.click()


def _open_navigation(page: Page) -> None:
    button = page.get_by_role("button", name="Menu", exact=True)
    (button if button.is_visible() else page.locator("summary[aria-label='Account']")).click()


def _sign_in_wrongly(page: Page) -> None:
    page.get_by_label("E-mail or username").fill(email("grace"))
    page.get_by_label("Password", exact=True).fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()


def _refused_credential(page: Page) -> None:
    page.locator("#credential-name").fill("SHOP_API_KEY")
    page.locator("input[data-secret]:visible").first.fill("something")
    page.get_by_role("button", name="Add credential").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def _break_a_page(page: Page, server: ServerProcess) -> None:
    """What people see when the server itself fails."""
    with _table_away(server, "kv"):
        page.goto(page.url)


@contextmanager
def _table_away(server: ServerProcess, table: str) -> Iterator[None]:
    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename(table, f"{table}_away")
    try:
        yield
    finally:
        rename(f"{table}_away", table)
