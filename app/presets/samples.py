"""The request that an operation makes of the values of its sample, written as a sample. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import ValidationError

from app.presets.manifest import Manifest, Operation
from app.presets.models import model_of
from app.presets.requests import request_for
from app.sdk import BlockError, Json


def recorded(operation: Operation, base_url: str) -> dict[str, Json] | None:
    """Params, path, query and body; None where the values do not fit their parameters."""
    manifest = _bare(operation, base_url)
    model = model_of(manifest, "sample", operation)
    try:
        config = model.model_validate(dict(operation.sample.params))
        given = {name: getattr(config, name) for name in model.model_fields}
        request = request_for(manifest, operation, given)
    except (ValidationError, BlockError):
        return None
    path = urlsplit(request.url).path.removeprefix(urlsplit(base_url).path.rstrip("/")) or "/"
    query = {name: value if isinstance(value, str) else list(value) for name, value in request.params.items()}
    body: Json = request.json
    if request.form:
        body = dict(request.form)
    elif request.multipart:
        body = {name: value if isinstance(value, str) else value.content.decode() for name, value in request.multipart.items()}
    elif request.content:
        body = request.content.decode()
    return {"params": dict(operation.sample.params), "path": path, "query": query, "body": body}


def _bare(operation: Operation, base_url: str) -> Manifest:
    """A service of one operation, that nobody signs in to."""
    return Manifest(
        id="sample", name="Sample", description="A sample.", docs_url=base_url, base_url=base_url, operations={"one": operation}
    )
