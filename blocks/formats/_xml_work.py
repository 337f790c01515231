"""Reading and writing XML in a worker process. Document types, entities and outside references are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as Trees
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from app.sdk import BlockError, File, Json
from blocks.core._fields import as_text

MAX_FOUND = 10_000
MAX_DEPTH = 90
NAME = re.compile(r"[A-Za-z_][\w.:-]*")
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def parse(source: Json, path: str, namespaces: bool) -> Json:
    """The document as data; with a path, the list of elements that it finds."""
    try:
        root: Element = ElementTree.fromstring(File.of(source, "source").content, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise BlockError("NOT_XML", f"field `source`: line {line}, column {column + 1}: this is not well-formed XML") from None
    except (DefusedXmlException, ValueError, LookupError):
        raise BlockError("NOT_XML", "field `source`: a document type (DTD), entities or this encoding are not allowed") from None
    if not namespaces:
        for element in root.iter():
            _strip(element)
    if not path:
        return {root.tag: _told(root, 0)}
    found = _found(root, path)
    if len(found) > MAX_FOUND:
        raise BlockError("TOO_MANY_ITEMS", f"field `path`: finds more than {MAX_FOUND:,} elements")
    return [_told(element, 0) for element in found]


def _found(root: Element, path: str) -> list[Element]:
    parts = path.removeprefix("/" + root.tag).lstrip("/") if path.startswith(f"/{root.tag}") and path[:2] != "//" else path
    try:
        return root.findall(f".{parts}" if parts.startswith("/") else parts or ".")
    except (SyntaxError, KeyError, ValueError, TypeError):
        raise BlockError("PATH_INVALID", "field `path`: this is not a path such as .//item[@id='1']/name") from None


def _strip(element: Element) -> None:
    """Names without their namespaces."""
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = {name.rpartition("}")[2]: text for name, text in element.attrib.items()}


def _told(element: Element, depth: int) -> Json:
    """Text alone is a text; otherwise an object with `@attribute`, children by name and `#text`."""
    if depth > MAX_DEPTH:
        raise BlockError("TOO_DEEP", f"field `source`: nested deeper than {MAX_DEPTH} levels")
    told: dict[str, Json] = {f"@{name}": text for name, text in element.attrib.items()}
    for child in element:
        value = _told(child, depth + 1)
        if child.tag not in told:
            told[child.tag] = value
        elif isinstance(told[child.tag], list):
            told[child.tag].append(value)
        else:
            told[child.tag] = [told[child.tag], value]
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if not told:
        return text or None
    return {**told, "#text": text} if text else told


def build(data: Json, indent: int, declaration: bool) -> str:
    """The document of an object with one name: its root."""
    if not isinstance(data, dict) or len(data) != 1 or isinstance(next(iter(data.values())), list):
        raise BlockError("ROOT_INVALID", "field `source`: must be an object with exactly one name, the root of the document")
    ((name, content),) = data.items()
    root = _element(name, content, 0)
    if indent:
        Trees.indent(root, " " * indent)
    text = Trees.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}' if declaration else text


def _element(name: str, content: Json, depth: int) -> Element:
    if depth > MAX_DEPTH:
        raise BlockError("TOO_DEEP", f"field `source`: nested deeper than {MAX_DEPTH} levels")
    element = Element(_name(name))
    if not isinstance(content, dict):
        element.text = _text(content)
        return element
    for key, value in content.items():
        if key == "#text":
            element.text = _text(value)
        elif key.startswith("@"):
            element.set(_name(key[1:]), _text(value))
        else:
            element.extend(_children(key, value, depth))
    return element


def _children(name: str, value: Json, depth: int) -> Iterator[Element]:
    for entry in value if isinstance(value, list) else [value]:
        yield _element(name, entry, depth + 1)


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise BlockError("NAME_INVALID", f"`{name[:60]}` cannot be the name of an element or attribute")
    return name


def _text(value: Json) -> str:
    return NOT_XML.sub("", as_text(value))
