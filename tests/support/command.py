"""The `blockyard` command, as an operator types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.warm import ROOT


def blockyard(*arguments: str, data: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command over a data directory, to its end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKYARD_")}
    command = [sys.executable, "-m", "app.cli", *arguments, "--data", str(data)]
    return subprocess.run(
        command, cwd=ROOT, env=own | dict(environment or {}), capture_output=True, text=True, timeout=120, check=False
    )
