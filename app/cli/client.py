"""What the client commands share: the server they talk to, running already or started for one command over a data directory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import rich_click as click

from app.sdk import Json

DEFAULT_URL = "http://127.0.0.1:8080"
RUNNING = "Blockyard is running on "
TIMEOUT = httpx.Timeout(30.0, read=330.0)


class Refused(Exception):
    """The server said no, or there is none; the message says why."""


class Connection:
    """Calls of one command; `as_json` prints what the server answers as it is."""

    def __init__(self, http: httpx.Client, as_json: bool) -> None:
        self._http = http
        self.as_json = as_json

    def call(self, method: str, path: str, **more: Any) -> Json:
        """The JSON of an answer. Raises Refused with the server's own words."""
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Refused(f"{self._http.base_url} does not answer: {error}") from None
        return _read(answer)

    def lines(self, path: str) -> Iterator[dict[str, Json]]:
        """The data of server-sent events until the server ends them."""
        try:
            with self._http.stream("GET", path, headers={"Accept": "text/event-stream"}, timeout=None) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    _read(answer)
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line[len("data: ") :])
        except httpx.HTTPError as error:
            raise Refused(f"{self._http.base_url} does not answer: {error}") from None

    def show(self, body: Json, words: Callable[[], None]) -> None:
        """The answer as JSON, or in words."""
        if self.as_json:
            click.echo(json.dumps(body, indent=2, ensure_ascii=False))
        else:
            words()


def _read(answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        raise Refused(f"{answer.url} answered {answer.status_code} and no JSON: is this a Blockyard server?") from None
    if answer.status_code < 400:
        return body
    message = str(body.get("message", answer.status_code)) if isinstance(body, dict) else str(answer.status_code)
    if answer.status_code == 401:
        message += " Set BLOCKYARD_API_KEY to a key of yours."
    details = [detail for detail in body.get("details") or () if isinstance(detail, dict)] if isinstance(body, dict) else []
    places = [f"  line {detail['line']}: {detail['message']}" for detail in details if "line" in detail]
    raise Refused("\n".join([message, *places]))


def connected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command its connection and the options that say where to; a refusal becomes a message and exit code 1."""

    @click.option("--url", envvar="BLOCKYARD_URL", default=None, help=f"Address of the server (BLOCKYARD_URL, {DEFAULT_URL}).")
    @click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Use this data directory, without a server.")
    @click.option("--json", "as_json", is_flag=True, help="Print what the server answers as JSON.")
    @wraps(command)
    def wrapped(url: str | None, data: Path | None, as_json: bool, **options: Any) -> None:
        if url and data:
            raise click.UsageError("Give --url or --data, not both.")
        try:
            with _server(data) if data else _named(url) as address, _client(address) as http:
                command(Connection(http, as_json), **options)
        except Refused as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return wrapped


def _client(address: str) -> httpx.Client:
    key = os.environ.get("BLOCKYARD_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=TIMEOUT, trust_env=False)


@contextmanager
def _named(url: str | None) -> Iterator[str]:
    address = url or DEFAULT_URL
    if not address.startswith(("http://", "https://")):
        raise Refused(f"{address} is no address: it must begin with http:// or https://")
    yield address


@contextmanager
def _server(data: Path) -> Iterator[str]:
    """A server over the data directory for as long as the command takes; it finishes or parks what was started."""
    if not data.is_dir():
        raise Refused(f"There is no data directory {data}.")
    arguments = ["server", "--host", "127.0.0.1", "--port", "0", "--data", str(data), "--no-auth"]
    environment = {name: value for name, value in os.environ.items() if name not in ("BLOCKYARD_API_KEY", "BLOCKYARD_BASE_URL")}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.environ.pop("BLOCKYARD_API_KEY", None)
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(RUNNING):
            return line.removeprefix(RUNNING).strip()
    _, said = process.communicate()
    raise Refused(said.strip() or "The server did not start.")
