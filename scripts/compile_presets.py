"""Write blocks/apps/compiled.jsonl, which the server reads, from the manifests blocks/apps/*.yaml.

python scripts/compile_presets.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.formats.text import NotReadable  # noqa: E402
from app.presets.library import BUILT_IN, compiled  # noqa: E402
from app.presets.manifest import Manifest  # noqa: E402
from app.presets.reading import read_manifest  # noqa: E402


def manifests() -> list[Manifest]:
    """Every manifest in blocks/apps, checked."""
    found, problems = [], []
    for path in sorted((ROOT / "blocks" / "apps").glob("*.yaml")):
        try:
            manifest = read_manifest(path.read_text())
        except NotReadable as error:
            problems += [f"{path.name}:{problem.line}: {problem.message}" for problem in error.problems]
            continue
        if manifest.id != path.stem:
            problems.append(f"{path.name}: its id is `{manifest.id}`")
        found.append(manifest)
    if problems:
        raise SystemExit("\n".join(problems))
    return found


if __name__ == "__main__":
    BUILT_IN.write_bytes(compiled(manifests()))
