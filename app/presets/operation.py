"""The block of one operation."""

from __future__ import annotations

from hashlib import sha256

from app.presets import answers
from app.presets.manifest import Manifest, Operation
from app.presets.models import model_of
from app.presets.requests import request_for
from app.presets.schemas import schema_of_value
from app.sdk import Block, Config, Context, Example, Execute, HttpRequest, HttpResponse, Json, Output
from blocks.core._paging import collect, look
from blocks.net._answers import patient

PATIENCE = 30.0
"""Seconds that a step waits in all when the service asks for it; beyond that, the step's own policy decides."""
EXAMPLE_CREDENTIAL = "MY_ACCOUNT"


def block_of(manifest: Manifest, name: str, operation: Operation) -> Block:
    """The declaration of the block `service.operation`."""
    config = model_of(manifest, name, operation)
    given = sample_output(operation)
    account = {"credential": EXAMPLE_CREDENTIAL} if manifest.auth else {}
    return Block(
        type=f"{manifest.id}.{name}",
        title=f"{manifest.name}: {operation.title[0].lower()}{operation.title[1:]}",
        category=manifest.name,
        icon=operation.icon or manifest.icon,
        description=operation.description,
        config=config,
        execute=_execute(manifest, operation),
        effect=operation.effect,
        needs=frozenset({"http"}),
        sample=given,
        timeout_ms=(operation.timeout_seconds + int(PATIENCE)) * 1000 * (1 if operation.paging is None else 5),
        output_schema=output_schema(operation, given),
        examples=(Example(operation.title, {**account, **operation.sample.params}, output=given, runnable=False),),
        documentation=_documentation(manifest, operation),
    )


def sample_output(operation: Operation) -> Json:
    """What the block gives for the recorded answer."""
    if operation.answer == "file":
        return {"filename": "file.bin", "content_type": "application/octet-stream", "size": 5, "base64": "aGVsbG8="}
    if operation.paging is not None:
        items = look(operation.sample.answer, operation.paging.items)
        return {"items": items or [], "more": False}
    none = HttpResponse(operation.sample.status, {}, b"", "")
    return answers.output(operation, none, operation.sample.answer)


def output_schema(operation: Operation, given: Json) -> dict[str, Json]:
    """The JSON Schema that the manifest gives, or one that fits the sample."""
    return dict(operation.output) if operation.output is not None else schema_of_value(given)


def _execute(manifest: Manifest, operation: Operation) -> Execute:
    async def execute(context: Context, config: Config, value: Json) -> Output:
        given = {name: getattr(config, name) for name in type(config).model_fields}
        key = sha256(context.idempotency_key.encode()).hexdigest()[:32]
        request = request_for(manifest, operation, given, context.workspace, key)

        async def ask(request: HttpRequest) -> tuple[HttpResponse, Json]:
            response = await patient(context, request, PATIENCE)
            context.log(f"{manifest.name} answered {response.status_code}")
            body = answers.read(operation, response)
            answers.check(manifest, response, body)
            return response, body

        if operation.paging is None:
            return Output(answers.output(operation, *await ask(request)))
        collected = await collect(ask, request, operation.paging, given["most"])
        return Output({"items": collected.items, "more": collected.more})

    return execute


def _documentation(manifest: Manifest, operation: Operation) -> str:
    signed = f"It needs a credential for {manifest.name}. " if manifest.auth else ""
    tried = f"`{manifest.id}.{manifest.test}` shows whether a credential works. " if manifest.test else ""
    listed = "You get the entries as `items`, and `more` says whether there are others. " if operation.paging else ""
    return (
        f"{operation.description} {listed}\n\n{manifest.description} {signed}{tried}"
        f"The service describes this at {manifest.docs_url}. It was tried with recorded exchanges, not with a live account."
    )
