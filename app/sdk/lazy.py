"""Modules that are imported when they are first used: an idle server need not hold what few of its users ever ask for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class _Lazy(ModuleType):
    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def lazy(name: str) -> ModuleType:
    """Stands for the module, which is imported at the first use of one of its names."""
    return _Lazy(name)
