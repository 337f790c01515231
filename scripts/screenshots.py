"""Takes a picture of every page of the studio and the states that it can be in, in two sizes and both themes.

    python scripts/screenshots.py FOLDER [--only WORDS ...] [--sizes wide narrow] [--themes light dark] [--axe]
    python scripts/screenshots.py --readme

The second line takes those that README.md shows. A server with sample data is started in a temporary folder. What a state did not
come to is printed, and with `--axe` what keeps people out of it, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, BrowserContext, Error, FloatRect, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.accessible import violations
from tests.support.browser import launch
from tests.support.editor_scenes import editor_scenes
from tests.support.sample_studio import fill
from tests.support.scenes import Scene, scenes
from tests.support.server import OWNER, Client, ServerProcess

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
THEMES = ("light", "dark")
TALLEST = 2600
STILL = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))"
PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
README = {
    ("editor, parallel run", "dark"): "canvas",
    ("editor, form with chips", "light"): "form",
    ("editor, deploy dialog", "light"): "deploy",
    ("editor, form of webhook", "dark"): "webhook",
}
OVERFLOW = """() => {
  const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
  return [scrollWidth - clientWidth, scrollHeight - clientHeight, document.body.classList.contains("editor-page")];
}"""


@dataclass(frozen=True)
class Shot:
    """A state in a size, and the pictures to be taken of it by theme."""

    scene: Scene
    size: str
    pictures: Mapping[str, Path]


def main() -> int:
    wanted = _arguments()
    with TemporaryDirectory(prefix="blockyard-") as folder, sync_playwright() as playwright:
        full, bare = (ServerProcess(Path(folder) / name) for name in ("full", "bare"))
        try:
            studio = fill(full.start(), Client(full.url).set_up())
            Client(bare.start().url).set_up()
            everything = [*scenes(studio, full), *editor_scenes(studio)]
            shots = _for_readme(everything) if wanted.readme else _chosen(everything, wanted)
            camera = Camera(launch(playwright), looks_for_violations=wanted.axe, whole=not wanted.readme)
            return sum(camera.take(bare if shot.scene.empty else full, shot) for shot in shots)
        finally:
            for server in (full, bare):
                if server.process is not None:
                    server.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORDS", help="only states whose names have one of these")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    parser.add_argument("--axe", action="store_true", help="look for what keeps people out, too")
    parser.add_argument("--readme", action="store_true", help="the pictures of README.md")
    wanted = parser.parse_args()
    if wanted.readme == bool(wanted.folder):
        parser.error("Give a folder, or --readme.")
    return wanted


def _chosen(everything: Iterable[Scene], wanted: argparse.Namespace) -> Iterator[Shot]:
    wanted.folder.mkdir(parents=True, exist_ok=True)
    for scene in everything:
        for size in wanted.sizes if any(words in scene.name for words in wanted.only) else ():
            yield Shot(scene, size, {theme: wanted.folder / f"{scene.name} - {size} - {theme}.png" for theme in wanted.themes})


def _for_readme(everything: Iterable[Scene]) -> Iterator[Shot]:
    for scene in everything:
        pictures = {theme: PICTURES / f"{file}.png" for (name, theme), file in README.items() if name == scene.name}
        if pictures:
            yield Shot(scene, "wide", pictures)


class Camera:
    """Goes round as different visitors, each of whom signs in once."""

    def __init__(self, browser: Browser, *, looks_for_violations: bool, whole: bool) -> None:
        self._browser = browser
        self._looks_for_violations = looks_for_violations
        self._whole = whole
        self._visitors: dict[tuple[str, str, str], BrowserContext] = {}

    def take(self, server: ServerProcess, shot: Shot) -> int:
        """Bring a page into a state and take its pictures; how many complaints there were."""
        complaints: list[str] = []
        scene = shot.scene
        page = self._visitor(server, scene.who, shot.size).new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        try:
            page.goto(f"{server.url}{scene.path}", wait_until="networkidle")
            if scene.act is not None:
                scene.act(page)
        except (Error, AssertionError) as problem:
            complaints.append(f"not reached: {str(problem).splitlines()[0]}")
        for theme, picture in shot.pictures.items():
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            page.evaluate(STILL)
            below = _below(page) if self._whole else None
            page.screenshot(path=picture, full_page=below is not None, clip=below)
        complaints += [*_overflow(page), *(violations(page) if self._looks_for_violations else ())]
        page.context.set_offline(False)
        page.close()
        for complaint in complaints:
            print(f"{scene.name}, {shot.size}: {complaint}", flush=True)
        return len(complaints)

    def _visitor(self, server: ServerProcess, who: str, size: str) -> BrowserContext:
        key = (server.url, who, size)
        if not who or key not in self._visitors:
            width, height = SIZES[size]
            context = self._browser.new_context(viewport={"width": width, "height": height}, has_touch=size == "narrow")
            if who:
                context.request.post(f"{server.url}/api/auth/login", data={"username": who, "password": OWNER["password"]})
            self._visitors[key] = context
        return self._visitors[key]


def _below(page: Page) -> FloatRect | None:
    """The whole of a long page, but for very long ones; none where all is in sight, in the editor, or a dialog is open."""
    size = page.viewport_size or {"width": 0, "height": 0}
    tall: int = page.evaluate("document.querySelector('dialog[open], .editor') ? 0 : document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": size["width"], "height": min(tall, TALLEST)} if tall > size["height"] else None


def _overflow(page: Page) -> Iterable[str]:
    """Pages are never wider than the window, and the editor is not taller either."""
    wider, taller, is_editor = page.evaluate(OVERFLOW)
    if wider > 0:
        yield f"the page is {wider} px too wide"
    if is_editor and taller > 0:
        yield f"the editor is {taller} px too tall"


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
