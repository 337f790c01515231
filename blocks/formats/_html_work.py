"""Reading and cleaning HTML in a worker process."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from app.sdk import BlockError, File, Json

MAX_FOUND = 10_000
UNSEEN = ["script", "style", "template", "noscript", "head"]
BREAKS = [
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "blockquote",
    "pre",
    "table",
    "ul",
    "ol",
]


def extract(source: Json, wanted: list[dict[str, Json]], base: str) -> Json:
    """The values that selectors find, by name."""
    tree = _tree(source)
    return {field["name"]: _field(tree.root, field, number, base) for number, field in enumerate(wanted)}


def items(source: Json, each: str, wanted: list[dict[str, Json]], base: str) -> Json:
    """An object of values for every element that `each` finds."""
    return [
        {field["name"]: _field(node, field, number, base) for number, field in enumerate(wanted)}
        for node in _found(_tree(source).root, each, "each")
    ]


def _tree(source: Json) -> LexborHTMLParser:
    return LexborHTMLParser(File.of(source, "source").text("source"))


def _found(node: Any, selector: str, place: str) -> list[Any]:
    try:
        found = node.css(selector) if node is not None else []
    except (SelectolaxError, ValueError):
        raise BlockError("SELECTOR_INVALID", f"field `{place}`: this is not a CSS selector such as div.price > a") from None
    if len(found) > MAX_FOUND:
        raise BlockError("TOO_MANY_ITEMS", f"field `{place}`: finds more than {MAX_FOUND:,} elements")
    return list(found)


def _field(node: Any, field: dict[str, Json], number: int, base: str) -> Json:
    found = _found(node, field["selector"], f"fields.{number}.selector") if field["selector"] else [node]
    values = (_taken(element, field, base) for element in found)
    return list(values) if field["all"] else next(values, None)


def _taken(element: Any, field: dict[str, Json], base: str) -> Json:
    match field["take"]:
        case "text":
            return " ".join(element.text(deep=True, separator=" ").split())
        case "html":
            return element.html
        case "inner_html":
            return element.inner_html
    value = element.attributes.get(field["attribute"])
    return urljoin(base, value) if base and value and field["attribute"] in ("href", "src") else value


def text(source: Json) -> str:
    """What a reader sees, a line for each paragraph."""
    tree = _tree(source)
    for name in UNSEEN:
        for node in tree.css(name):
            node.decompose()
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css(",".join(BREAKS)):
        node.insert_before("\n")
        node.insert_after("\n")
    words = (" ".join(line.split()) for line in (tree.root.text(deep=True) if tree.root else "").splitlines())
    return "\n".join(line for line in words if line)


def links(source: Json, base: str) -> Json:
    """`{text, url}` of every link that leads to the web."""
    nodes = _tree(source).css("a[href]")[:MAX_FOUND]
    found = [
        {"text": " ".join(node.text(deep=True).split()), "url": urljoin(base, node.attributes.get("href") or "")}
        for node in nodes
    ]
    return [link for link in found if urlsplit(link["url"]).scheme in ("http", "https", "mailto", "")]


def tables(source: Json) -> Json:
    """Every table as a list of objects by its first row."""
    return [_table(table) for table in _tree(source).css("table")[:100]]


def _table(table: Any) -> list[dict[str, Json]]:
    rows = [[" ".join(cell.text(deep=True).split()) for cell in row.css("td, th")] for row in table.css("tr")[:MAX_FOUND]]
    names = [name or f"column_{number}" for number, name in enumerate(rows[0], 1)] if rows else []
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]


def sanitise(source: Json, tags: list[str]) -> str:
    """HTML without anything that runs or loads: scripts, styles, event attributes, dangerous addresses."""
    content = File.of(source, "source").text("source")
    return nh3.clean(content, tags=set(tags)) if tags else nh3.clean(content)
