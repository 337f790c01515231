"""The block types that this installation has: found once at start, then read-only."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

import blocks
from app.presets.library import Presets
from app.sdk import Block

ENTRY_POINT_GROUP = "blockyard.blocks"
CATEGORIES = (
    "Start", "Flow", "Data", "Formats", "Crypto", "Storage", "Code", "Connect", "Databases", "Messages", "Files", "AI", "Answer",
)  # fmt: skip
"""The palette's order; categories of other packages follow, by name."""


class CatalogError(Exception):
    """A block that cannot be taken into the catalog; the message names it."""


class Catalog:
    """Block types by name and alias, in palette order. Those of presets are made when they are first asked for."""

    def __init__(self, found: Iterable[Block], presets: Presets | None = None) -> None:
        declared = list(found)
        self._presets = Presets() if presets is None else presets
        names: dict[str, Block] = {}
        for block in declared:
            for name in (block.type, *block.aliases):
                if name in names:
                    raise CatalogError(f"Two blocks are named {name}: {names[name].title} and {block.title}")
                if name in self._presets:
                    raise CatalogError(f"Two blocks are named {name}: {block.title} and one of a preset")
                names[name] = block
        self._names = MappingProxyType(names)
        self._declared = tuple(declared)

    @classmethod
    def of(cls, *declared: Block) -> Catalog:
        """A catalog of these blocks only."""
        return cls(declared)

    @classmethod
    def load(cls, imported: Path | None = None) -> Catalog:
        """Every block of the `blocks` package, of installed packages with an entry point, and of services.

        `imported` is the directory of the presets that the operator has imported. Raises CatalogError and BrokenPreset.
        """
        return cls([*_built_in(), *_installed()], Presets.load(imported))

    def get(self, type: str) -> Block | None:
        """The block of a type or of an alias."""
        return self._names.get(type) or self._presets.get(type)

    def canonical(self, type: str) -> str | None:
        """The type's own name, given that or an alias."""
        block = self._names.get(type)
        return self._presets.canonical(type) if block is None else block.type

    def is_service(self, type: str) -> bool:
        """Whether a type comes from the manifest of a service, and has no declaration of its own."""
        return type in self._presets

    @property
    def triggers(self) -> frozenset[str]:
        """The types with which an execution can start."""
        return frozenset(block.type for block in self._declared if block.trigger) | self._presets.polled

    @property
    def watching(self) -> frozenset[str]:
        """The types of triggers that watch something."""
        return frozenset(block.type for block in self._declared if block.watch is not None) | self._presets.polled

    @cached_property
    def paged(self) -> frozenset[str]:
        """The triggers that have a page of their own."""
        return frozenset(block.type for block in self._declared if "page_id" in block.config.model_fields)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._ordered)

    def __len__(self) -> int:
        return len(self._declared) + len(self._presets)

    @cached_property
    def _ordered(self) -> tuple[Block, ...]:
        return tuple(sorted([*self._declared, *self._presets], key=lambda block: _rank(block.category)))


def _rank(category: str) -> tuple[int, str]:
    return (CATEGORIES.index(category), "") if category in CATEGORIES else (len(CATEGORIES), category)


def _built_in() -> Iterator[Block]:
    for module in pkgutil.walk_packages(blocks.__path__, f"{blocks.__name__}."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue  # a helper, which may need a library that is not installed
        block = getattr(importlib.import_module(module.name), "BLOCK", None)
        if isinstance(block, Block):
            yield _documented(block, module.name)


def _installed() -> Iterator[Block]:
    for point in entry_points(group=ENTRY_POINT_GROUP):
        block = point.load()
        if not isinstance(block, Block):
            raise CatalogError(f"The entry point {point.name} in {ENTRY_POINT_GROUP} is not a Block")
        yield _documented(block, point.module)


def _documented(block: Block, module: str) -> Block:
    if block.documentation:
        return block
    return replace(block, documentation=inspect.getdoc(importlib.import_module(module)) or "")
