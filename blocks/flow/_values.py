"""Comparing JSON values, and naming their kind in messages without showing them."""

from __future__ import annotations

from collections.abc import Hashable

from app.sdk import Json


def identity(value: Json) -> Hashable:
    """Something hashable that is equal for equal JSON values: 1 and 1.0 are the same, 1 and true are not."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("list", tuple(identity(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(item)) for name, item in value.items()))
    scalar: Hashable = value
    return scalar


def kind_of(value: Json) -> str:
    """What a value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return kinds.get(type(value), "a number")
