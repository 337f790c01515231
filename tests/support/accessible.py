"""What axe-core finds on a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent.parent / "data" / "axe" / "axe.min.js").read_text()
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [sheet];
}"""
RUN = """async ([place, rules]) => {
  const size = { "target-size": { enabled: true } };
  const options = { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : { rules: size }) };
  const told = ({ id }, { html, failureSummary }) => `${id}: ${html.slice(0, 160)} (${failureSummary.slice(0, 240)})`;
  return (await axe.run(place, options)).violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap((found) => found.nodes.slice(0, 3).map((node) => told(found, node)));
}"""


def violations(page: Page, place: str = "html") -> list[str]:
    """Serious and critical ones, and targets that are too small.

    Both themes have the same elements: in the dark one only the contrast is looked at.
    """
    page.evaluate(AXE)
    page.evaluate(STILL)
    page.emulate_media(color_scheme="light")
    found: list[str] = page.evaluate(RUN, [place, None])
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(RUN, [place, ["color-contrast"]])
    page.emulate_media(color_scheme="light")
    return found
