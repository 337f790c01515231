"""A person who fills in a block's form in the browser: every value through the control that shows its label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from app.describe import FormField
from app.sdk import Json
from app.web.form_values import is_scalar_list, shown

PRESSES = 3


class Form:
    """The form of the block that is open in the panel."""

    def __init__(self, page: Page, block_id: str) -> None:
        self.element = page.locator(f'[data-block-form="{block_id}"]')
        self.element.wait_for()

    def fill(
        self, fields: Sequence[FormField], wanted: Mapping[str, Json], now: Mapping[str, Json], path: str = "config"
    ) -> None:
        """Change what stands in the fields `now` into what is `wanted`, in the order of the form."""
        for field in fields:
            value, before = wanted.get(field.name, field.default), now.get(field.name, field.default)
            if value != before:
                self._unfold(field, path)
                self._field(field, value, before, f"{path}.{field.name}")

    def goes_on_after_a_failure(self) -> None:
        fold = self.element.locator("#block-general")
        choice = fold.get_by_label("When it fails")
        unfold(fold, choice)
        choice.select_option("continue")

    def _unfold(self, field: FormField, path: str) -> None:
        """Open More settings where the field is below it."""
        if field.advanced and path == "config":
            fold = self.element.locator("#block-advanced")
            if fold.get_attribute("open") is None:
                unfold(fold, fold.locator(".form"))

    def _field(self, field: FormField, value: Json, now: Json, path: str) -> None:
        place = self.element.locator(f'[data-field="{path}"]')
        match field.kind:
            case "object":
                given, before = _object(value), _object(now)
                self.fill(field.fields, given, before, path)
            case "list" if isinstance(value, list):
                self._list(place, field, value, now if isinstance(now, list) else [], path)
            case "pairs" if isinstance(value, dict):
                self._pairs(place, field, value)
            case "expression" | "cron":
                self._as_text(place, field.title, shown(field.kind, value))
            case "switch" if isinstance(value, bool):
                labelled(place, field.title).set_checked(value)
            case "choice" | "credential" | "workflow":
                labelled(place, field.title).select_option(shown(field.kind, value))
            case _:
                labelled(place, field.title).fill(shown(field.kind, value))

    def _as_text(self, place: Locator, title: str, text: str) -> None:
        """A builder stands before the text; the text itself is below a fold, unless no builder can say it."""
        name = re.compile(rf"^(As text|As a cron line|{re.escape(title)}( \*)?( ?\(needed\))?)$")
        written = place.locator("textarea, input").and_(place.get_by_label(name)).first
        if not written.is_visible():
            unfold(place.locator("details"), written)
        written.fill(text)

    def _list(self, place: Locator, field: FormField, items: Sequence[Json], now: Sequence[Json], path: str) -> None:
        for number in range(len(now), len(items), -1):
            place.get_by_label(f"Remove {field.title} {number}", exact=True).click()
            place.get_by_label(f"Remove {field.title} {number}", exact=True).wait_for(state="detached")
        for index, item in enumerate(items):
            if index >= len(now):
                self._add(place, f"Remove {field.title} {index + 1}")
            if is_scalar_list(field):
                place.get_by_label(f"{field.title} {index + 1}", exact=True).fill(shown("text", item))
            else:
                self.fill(field.fields, _object(item), _object(now[index]) if index < len(now) else {}, f"{path}.{index}")

    def _pairs(self, place: Locator, field: FormField, pairs: Mapping[str, Json]) -> None:
        for number, (name, value) in enumerate(pairs.items(), 1):
            self._add(place, f"Remove {field.title} {number}")
            place.get_by_label(f"{field.title} {number}, name", exact=True).fill(name)
            place.get_by_label(f"{field.title} {number}, value", exact=True).fill(shown("text", value))

    def _add(self, place: Locator, then: str) -> None:
        """Press Add, and wait for the row that comes with this button; again where the press came in the midst of typing."""
        row = place.get_by_label(then, exact=True)
        for _ in range(PRESSES):
            place.get_by_role("button", name="Add", exact=True).last.click()
            with suppress(PlaywrightTimeout):
                row.wait_for(timeout=5_000)
                return
        raise AssertionError(f"no row came: {then}")


def unfold(fold: Locator, inside: Locator) -> None:
    """Open a fold. An answer to what was typed before may come at this moment and close it: then press again."""
    for _ in range(3):
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
        try:
            return inside.wait_for(timeout=1_000)
        except PlaywrightTimeout:
            continue
    return inside.wait_for()


def labelled(place: Locator, title: str) -> Locator:
    """The visible control with a label; of a needed field the label says so."""
    return place.get_by_label(re.compile(rf"^{re.escape(title)}( \*)?( ?\(needed\))?$")).locator("visible=true").first


def _object(value: Any) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
