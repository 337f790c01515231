"""The block package of the documentation: installed as anybody would, found by its entry point, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
USE = """
import asyncio, json
from app.catalog import Catalog
from app.describe import documentation, validate_config

block = Catalog.load().get("example.roman")
class Context:
    def log(self, message): pass
async def run(config):
    return (await block.execute(Context(), block.config.model_validate(config), None)).value
print(json.dumps({
    "title": documentation(block)["title"],
    "paragraphs": len(documentation(block)["paragraphs"]),
    "problems": [problem.message for problem in validate_config(block, {"number": 4000})],
    "numerals": [asyncio.run(run({"number": number})) for number in (1, 4, 1994, 2026, 3999)],
    "small": asyncio.run(run({"number": "9", "small": True})),
}))
"""


def test_a_package_of_somebody_else_adds_a_block(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "site"
    shutil.copytree(ROOT / "docs" / "example_block", source)
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    used = subprocess.run([sys.executable, "-c", USE], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(used.stdout) == {
        "title": "Roman numeral",
        "paragraphs": 2,
        "problems": ["Number: must be at most 3999"],
        "numerals": ["I", "IV", "MCMXCIV", "MMXXVI", "MMMCMXCIX"],
        "small": "ix",
    }
