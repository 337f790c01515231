"""Files of other people are exactly those that the lock names, and come with their licence."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
LOCK: list[dict[str, str]] = json.loads((VENDOR / "vendor.lock").read_text())


def test_every_vendored_file_is_in_the_lock_and_unchanged() -> None:
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "vendor.lock"]
    hashes = {path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert hashes == {entry["path"]: entry["sha256"] for entry in LOCK}


def test_every_package_has_one_version_and_its_licence() -> None:
    versions: dict[str, set[str]] = {}
    for entry in LOCK:
        versions.setdefault(entry["package"], set()).add(entry["version"])
        assert (VENDOR / entry["path"].split("/")[0] / "LICENSE").is_file()
    assert all(len(found) == 1 for found in versions.values())


def test_the_sprite_has_every_icon_of_the_list_and_no_other() -> None:
    lines = (STATIC / "icons.txt").read_text().splitlines()
    listed = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    assert drawn == listed


def test_the_editor_uses_only_icons_that_are_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    sources = "".join(path.read_text() for path in (STATIC / "editor").glob("*.js"))
    assert set(re.findall(r'icon\("([a-z0-9-]+)"\)', sources)) <= drawn
