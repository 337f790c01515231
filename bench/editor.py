"""How the canvas bears large workflows, measured in headless Chromium with a server beside it.

    python bench/editor.py [--rounds 3] [--sizes 500 3000]

For each size: opening (from the request until the editor takes input), then panning, dragging one block, dragging all of them,
and panning from far above, as frames per second, with the slowest twentieth of them. Beside that the CPU time of a frame, on
the page's main thread and of all processes of the browser, which other programs disturb less; and what a first visit weighs.
"""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright
from rig import OWNER, Rig, running_rig

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FRAMES = 120
COLUMNS = 25

DRIVE = """
async ([kind, frames]) => {
  const canvas = document.querySelector("#canvas");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const inside = (box) => box.left > left + 40 && box.top > top + 90 && box.bottom < top + height - 120;
  const card = [...document.querySelectorAll(".canvas-card .card-name")].find((one) => inside(one.getBoundingClientRect()));
  const free = { left: left + width / 2, top: top + height - 90, width: 0, height: 0 };
  const box = kind === "pan" ? free : card.getBoundingClientRect();
  const start = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const target = kind === "pan" ? canvas : card;
  const send = (name, x, y) => target.dispatchEvent(new PointerEvent(name, {
    bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", button: 0, buttons: 1, clientX: x, clientY: y }));
  canvas.setPointerCapture = () => undefined;
  send("pointerdown", start.x, start.y);
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 1; frame <= frames; frame += 1) {
    const turn = (frame / frames) * 4 * Math.PI;
    send("pointermove", start.x + 160 * Math.sin(turn), start.y + 90 * (Math.cos(turn) - 1));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  send("pointerup", start.x, start.y);
  return times;
}
"""


def blocks(count: int) -> list[dict[str, Any]]:
    """A grid of code blocks behind one starter."""
    made = [{"id": "start", "type": "starter", "name": "Start", "config": {}, "position": {"x": 0, "y": 0}}]
    for number in range(1, count):
        place = {"x": number % COLUMNS * 320, "y": number // COLUMNS * 140}
        config = {"code": f"return {{'number': {number}}}"}
        made.append({"id": f"b{number}", "type": "code", "name": f"Block {number}", "config": config, "position": place})
    return made


def edges(count: int, wanted: int) -> list[dict[str, str]]:
    """To the next block, and from every second or so to the one below."""
    ids = ["start", *(f"b{number}" for number in range(1, count))]
    pairs = [(number, number + 1) for number in range(count - 1)]
    pairs += [(number, number + COLUMNS) for number in range(count - COLUMNS)]
    return [{"source": ids[one], "target": ids[other]} for one, other in pairs[:wanted]]


def signed_in(browser: Browser, rig: Rig) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    answer = context.request.post(f"{rig.url}/api/auth/login", data={"email": OWNER["email"], "password": OWNER["password"]})
    assert answer.ok, answer.text()
    return context.new_page()


def opened(page: Page, address: str) -> float:
    """Milliseconds until the editor takes input."""
    page.goto(address, wait_until="commit")
    page.locator("html[data-editor-ready=true]").wait_for(state="attached")
    return float(page.evaluate("performance.now()"))


def weight(browser: Browser, rig: Rig, address: str) -> tuple[float, int]:
    """Kilobytes over the wire and requests of a first visit, headers included."""
    page = signed_in(browser, rig)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    opened(page, address)
    page.wait_for_load_state("load")
    found = sum(sizes) / 1024, len(sizes)
    page.context.close()
    return found


@dataclass(frozen=True, slots=True)
class Frames:
    """How long frames took, and what CPU time they cost altogether, in milliseconds."""

    times: list[float]
    main: float
    browser: float


class Meter:
    """The CPU time of a page's main thread and of its browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _main(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    def frames(self, kind: str, rounds: int = 1) -> Frames:
        main, browser = self._main(), browser_cpu()
        times = [float(time) for _ in range(rounds) for time in self._page.evaluate(DRIVE, [kind, FRAMES])]
        return Frames(times, self._main() - main, browser_cpu() - browser)


def browser_cpu() -> float:
    """Milliseconds of CPU that the browser's processes have used so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                total += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return 1000 * total


def report(found: Frames) -> str:
    times, count = found.times, len(found.times)
    slow = sorted(times)[int(count * 0.95)]
    speed = f"{1000 * count / sum(times):5.1f} frames/s (95 % within {slow:.0f} ms)"
    return f"{speed}; CPU of a frame: main thread {found.main / count:.1f} ms, whole browser {found.browser / count:.1f} ms"


def measure(browser: Browser, rig: Rig, size: int, rounds: int) -> None:
    created = rig.client.post(
        "/api/workflows", json={"name": f"{size} blocks", "blocks": blocks(size), "edges": edges(size, size * 8 // 5)}
    )
    created.raise_for_status()
    address = f"{rig.url}/workflows/{created.json()['id']}"
    kilobytes, requests = weight(browser, rig, address)
    page = signed_in(browser, rig)
    opened(page, address)
    openings = [opened(page, address) for _ in range(rounds)]
    drawn = f"{size} blocks, {size * 8 // 5} edges"
    print(f"{drawn}: first visit {kilobytes:.0f} KB in {requests} requests; opening {median(openings):.0f} ms")
    meter = Meter(page)
    for kind in ("pan", "drag"):
        print(f"  {kind:12} {report(meter.frames(kind, rounds))}")
    page.evaluate("document.querySelector('#canvas').focus()")
    page.keyboard.press("Control+a")
    print(f"  {'drag all':12} {report(meter.frames('drag'))}")
    page.keyboard.press("Escape")
    for _ in range(12):
        page.keyboard.press("-")
    print(f"  {'pan far out':12} {report(meter.frames('pan', rounds))}")
    page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 3000])
    chosen = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    with running_rig() as rig, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for size in chosen.sizes:
            measure(browser, rig, size, chosen.rounds)
        browser.close()


if __name__ == "__main__":
    main()
