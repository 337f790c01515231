"""Write static/icons.svg, the sprite of the icons that are used, from the package `lucide-static`.

    python scripts/make_icons.py lucide-static-1.62.0.tgz

The names come from `static/icons.txt`, one per line. A name that the package does not have is an error.
"""

from __future__ import annotations

import re
import sys
import tarfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
HEADER = '<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Icons of Lucide, ISC licence: see vendor/lucide/LICENSE -->\n'


def wanted(listing: str) -> list[str]:
    """The names in the listing, once each and sorted."""
    return sorted({line.strip() for line in listing.splitlines() if line.strip() and not line.startswith("#")})


def symbol(name: str, source: str) -> str:
    """One icon as a `<symbol>` with the strokes of the original."""
    match = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if match is None:
        raise SystemExit(f"{name}: not an SVG file")
    body = " ".join(match.group(1).split())
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>\n'
    )


def read_icon(package: tarfile.TarFile, name: str) -> str:
    try:
        file = package.extractfile(f"package/icons/{name}.svg")
    except KeyError:
        file = None
    if file is None:
        raise SystemExit(f"static/icons.txt: the package has no icon named {name}")
    return file.read().decode()


def main(tarball: str) -> None:
    names = wanted((STATIC / "icons.txt").read_text())
    with tarfile.open(tarball) as package:
        symbols = "".join(symbol(name, read_icon(package, name)) for name in names)
    (STATIC / "icons.svg").write_text(HEADER + symbols + "</svg>\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
