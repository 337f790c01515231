"""The editor's modules in a real browser: `evaluate(source)` runs JavaScript that may import them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
PRELUDE = """
const { GraphStore } = await import("/static/editor/model.js");
const { expandOutputs, movedHandles } = await import("/static/editor/ports.js");
const edits = await import("/static/editor/edits.js");
const geometry = await import("/static/editor/geometry.js");
const { tidyPositions } = await import("/static/editor/tidy.js");
const port = (name, more = {}) => ({ name, title: name, each: "", skip: 0, ...more });
const palette = [
  { type: "starter", title: "Starter", trigger: true, inputs: [], outputs: [port("output")], defaults: {} },
  { type: "webhook", title: "Webhook", trigger: true, inputs: [], outputs: [port("output")], mint: { webhook_id: "uuid" } },
  { type: "code", title: "Code", inputs: [port("input")], outputs: [port("output")], defaults: { code: "1" } },
  { type: "condition", title: "Condition", inputs: [port("input")], defaults: { branches: [{ expression: "" }] },
    outputs: [port("if"), port("elif_{n}", { title: "Else if {n}", each: "branches", skip: 1 }), port("else")] },
  { type: "split", title: "Split", inputs: [port("input")], defaults: { branches: 2 },
    outputs: [port("branch_{n}", { each: "branches" })] },
  { type: "response", title: "Response", inputs: [port("input")], outputs: [] },
];
const block = (id, type, config = {}, x = 0, y = 0) => ({ id, type, name: id, position: { x, y }, config, enabled: true });
const edge = (source, handle, target) =>
  ({ id: `${source}-${handle}-${target}`, source, target, sourceHandle: handle, targetHandle: "input" });
let time = 0;
const storeOf = (blocks, edges = []) => new GraphStore({ blocks, edges }, palette, () => time);
const drawn = (store) => [...store.edges.values()].map((e) => `${e.source}.${e.sourceHandle} > ${e.target}`);
"""

Evaluate = Callable[[str], Any]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture(scope="module")
def evaluate() -> Iterator[Evaluate]:
    """Run statements that end in `return` after the prelude above, each time with new values."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")

        def run(source: str) -> Any:
            text = page.evaluate(f"async () => JSON.stringify(await (async () => {{{PRELUDE}{source}}})() ?? null)")
            return json.loads(text)

        yield run
        browser.close()
    server.shutdown()
    server.server_close()
