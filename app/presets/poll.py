"""The block of a poll: a trigger that looks at a list of a service again and again, and starts for what is new in it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from pydantic import Field, create_model

from app.presets import answers
from app.presets.manifest import Manifest, Operation, Poll
from app.presets.models import model_of
from app.presets.operation import EXAMPLE_CREDENTIAL
from app.presets.requests import request_for
from app.presets.schemas import schema_of_value
from app.sdk import Block, BlockError, Config, Context, Example, HttpRequest, HttpResponse, Json, Output, Watch, WatchContext
from app.sdk import WatchItem as Item
from blocks.core._paging import collect, look

SHORTEST_SECONDS, USUAL_SECONDS, LONGEST_SECONDS = 10, 300, 86_400
REMEMBERED = 4_000
"""So many entries that were there are remembered, beside those that have started the workflow."""
DIGEST = 12


def block_of_poll(manifest: Manifest, name: str, poll: Poll) -> Block:
    """The declaration of the trigger `service.name`."""
    operation = manifest.operations[poll.operation]
    shown = operation.model_copy(
        update={"params": {one: field for one, field in operation.params.items() if one not in poll.fixed}, "paging": None}
    )
    entry = _entries(operation, operation.sample.answer)[0]
    account = {"credential": EXAMPLE_CREDENTIAL} if manifest.auth else {}
    given = {one: value for one, value in operation.sample.params.items() if one in shown.params}
    return Block(
        type=f"{manifest.id}.{name}",
        title=f"{manifest.name}: {poll.title[0].lower()}{poll.title[1:]}",
        category=manifest.name,
        icon=poll.icon or operation.icon or manifest.icon,
        description=poll.description,
        config=_model(manifest, name, shown),
        execute=_pass_on,
        watch=_watch(manifest, operation, poll),
        inputs=(),
        trigger=True,
        needs=frozenset({"http"}),
        output_schema=schema_of_value(entry),
        examples=(Example(poll.title, {**account, **given}, input=entry, output=entry),),
        documentation=(
            f"{poll.description} Deploy the workflow: it looks again and again, and each new entry starts one execution with the "
            "entry as its input, also when this server was down meanwhile. What is there at the beginning starts nothing, "
            f"unless you say that it should.\n\n{manifest.description} The service describes this at {manifest.docs_url}. "
            "It was tried with recorded exchanges, not with a live account."
        ),
    )


async def _pass_on(context: Context, config: Any, value: Json) -> Output:
    return Output(value)


def _model(manifest: Manifest, name: str, operation: Operation) -> type[Config]:
    every = Field(
        USUAL_SECONDS,
        title="Look every",
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Seconds from one look to the next.",
    )
    existing = Field(
        False, title="Also what is there already", description="The entries that are there at the beginning start executions too."
    )
    own: dict[str, Any] = {"interval_seconds": (int, every), "include_existing": (bool, existing)}
    return create_model(f"{manifest.id}_{name}_poll", __base__=model_of(manifest, name, operation), **own)


def _watch(manifest: Manifest, operation: Operation, poll: Poll) -> Watch:
    asked = operation.model_copy(
        update={
            "query": {**operation.query, **poll.query},
            "body": {**(operation.body or {}), **poll.body} if poll.body or operation.body else operation.body,
        }
    )

    async def watch(context: WatchContext, config: Any) -> float:
        values = {name: getattr(config, name) for name in type(config).model_fields}
        request = request_for(manifest, asked, {**values, **poll.fixed}, context.place)

        async def ask(request: HttpRequest) -> tuple[HttpResponse, Json]:
            response = await context.http.send(request)
            body = answers.read(asked, response)
            answers.check(manifest, response, body)
            return response, body

        if asked.paging is None:
            found = _entries(asked, (await ask(request))[1])
        else:
            found = (await collect(ask, request, asked.paging, poll.most)).items
        await _accept(context, manifest, poll, found[: poll.most], include_existing=config.include_existing)
        return float(config.interval_seconds)

    return watch


def _entries(operation: Operation, body: Json) -> list[Json]:
    found = look(body, operation.paging.items if operation.paging is not None else operation.result)
    return found if isinstance(found, list) else []


async def _accept(
    context: WatchContext, manifest: Manifest, poll: Poll, found: list[Json], *, include_existing: bool
) -> None:
    entries: dict[str, Json] = {}
    for entry in found:
        key = look(entry, poll.key)
        if key in (None, ""):
            message = f"{manifest.name} answers entries without `{poll.key}`, so they cannot be told apart"
            raise BlockError("SERVICE_FAILED", message, retryable=False)
        entries[sha256(str(key).encode()).hexdigest()[:DIGEST]] = entry
    cursor = context.cursor
    known: list[str] = [] if cursor is None else cursor["known"]
    before = set(known)
    fresh = [key for key in entries if key not in before]
    if cursor is not None and not fresh:
        return
    begins = cursor is None and not include_existing
    items = [] if begins else [Item(key, entries[key]) for key in reversed(fresh)]  # most services name the newest first
    await context.accept(items, {"known": [*fresh, *known][:REMEMBERED]})
