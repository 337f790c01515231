"""The `blockyard` command, as an operator types it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import warm

SECONDS = 120


def blockyard(*arguments: str, data: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command over a data directory, to its end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKYARD_")}
    command = [*arguments, "--data", str(data)]
    with TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        code = warm.start(command, own | dict(environment or {}), output, errors).wait(SECONDS)
        return subprocess.CompletedProcess(command, code, output.read_text(), errors.read_text())
