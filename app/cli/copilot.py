"""`blockyard copilot eval`: how well a model does as the copilot."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rich_click as click

from app import logs
from app.cli.opened import CannotRun, guarded
from app.main import Server, create_app
from app.services.copilot.evaluation.report import line, report, summary
from app.services.copilot.evaluation.running import Evaluation, Request, Result, requests
from app.settings import Settings

MODEL_KEY = "BLOCKYARD_MODEL_API_KEY"


@click.group()
def copilot() -> None:
    """The copilot of the editor."""


@copilot.command("eval")
@click.option("--provider", type=click.Choice(["openai-compatible", "anthropic", "google"]), default="openai-compatible")
@click.option("--base-url", default="", help="Where the model is served (BLOCKYARD_MODEL_BASE_URL).")
@click.option("--model", default="", help="Its name (BLOCKYARD_MODEL).")
@click.option("--key", envvar=MODEL_KEY, default="", help=f"Its key; better given as {MODEL_KEY}.")
@click.option("--input-price", type=float, default=0.0, help="For a million tokens.")
@click.option("--output-price", type=float, default=0.0, help="For a million tokens.")
@click.option("--only", multiple=True, help="Requests whose id begins so; can be given several times.")
@click.option("--report", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures there, as JSON.")
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.0, help="Exit code 1 when a smaller share is right.")
@click.option("--list", "listing", is_flag=True, help="Only show the requests.")
def evaluate(
    provider: str,
    base_url: str,
    model: str,
    key: str,
    input_price: float,
    output_price: float,
    only: tuple[str, ...],
    file: Path | None,
    at_least: float,
    listing: bool,
) -> None:
    """Ask a model 40 requests in English and German, and check what comes of each. Nothing of your own data is used."""
    wanted = requests(only)
    if listing or not wanted:
        for request in wanted:
            click.echo(f"{request.id:<18} {request.text}")
        sys.exit(0 if wanted else 2)
    settings = Settings()
    model = model or settings.model
    wish = {"provider": provider, "model": model, "daily_tokens": 0, "input_price": input_price, "output_price": output_price}
    address = base_url or settings.model_base_url
    if address:
        wish["base_url"] = address

    def work() -> dict[str, Any]:
        if not model:
            raise CannotRun("Name the model with --model, and its address with --base-url.")
        return report(model, asyncio.run(_results(wish, key, address, wanted)))

    found = guarded(work)
    click.echo(summary(found))
    if file is not None:
        file.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    if found["share"] < at_least:
        sys.exit(1)


async def _results(wish: dict[str, Any], key: str, address: str, wanted: list[Request]) -> list[Result]:
    """On a server of its own, with an empty data directory that is gone afterwards."""
    logs.configure("console", "error")
    host = urlsplit(address).hostname or ""
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="blockyard-eval-") as folder:
        settings = Settings(data=Path(folder), no_auth=True, workers=0, egress_allow=(host,) if host else (), database_url="")
        app, server = create_app(settings)
        async with server.lifespan(app):
            evaluation = await _evaluation(server, wish, key)
            async for result in evaluation.run(wanted):
                click.echo(line(result))
                results.append(result)
    return results


async def _evaluation(server: Server, wish: dict[str, Any], key: str) -> Evaluation:
    actor = await server.services.accounts.local_actor()
    await server.surfaces.copilot.models.save(actor, wish, key)
    return Evaluation(server.surfaces.copilot, server.services.executions, actor)
