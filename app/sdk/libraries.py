"""Client libraries that need not be installed, and are imported when they are first needed."""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Any

from app.sdk.answers import BlockError


async def library(module: str, extra: str) -> Any:
    """A helper module of a block that imports a client library.

    BlockError NOT_INSTALLED, naming the `extra` of this package, when that is missing.
    """
    found = sys.modules.get(module)
    if found is not None:
        return found
    try:
        return await asyncio.to_thread(importlib.import_module, module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("app", "blocks"):
            raise
        message = f"this block needs a library that is not installed: pip install 'blockyard[{extra}]'"
        raise BlockError("NOT_INSTALLED", message, retryable=False) from None
