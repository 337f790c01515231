"""A block's answer, kept for a while: the same block with the same input and configuration need not run again."""

from __future__ import annotations

import hashlib

from app.engine.config import texts
from app.engine.context import StepContext
from app.engine.program import Step
from app.engine.values import encode
from app.sdk import LITERAL_KINDS, Config, Json, Output, Wait

NAMESPACE = "block-cache"


class Cache:
    """The answers of one workflow's blocks, kept in the workspace's state."""

    def __init__(self, workflow_id: str) -> None:
        self._workflow_id = workflow_id

    async def around(self, step: Step, context: StepContext, config: Config, value: Json, ttl: float) -> Output | Wait:
        """The kept answer, else the block's, which is then kept for `ttl` seconds. A wait is never kept."""
        key = self._key(step, context, config, value)
        kept = await context.cached(NAMESPACE, key)
        if kept is not None:
            context.log("Its cached output was used.")
            return Output(kept["value"], tuple(kept["ports"]), kept["response"])
        result = await step.block.execute(context, config, value)
        if isinstance(result, Output):
            answer = {"value": result.value, "ports": list(result.ports), "response": result.response}
            await context.cache(NAMESPACE, key, answer, ttl)
        return result

    def _key(self, step: Step, context: StepContext, config: Config, value: Json) -> str:
        parts = [self._workflow_id, step.id, step.block.type, config.model_dump_json(), value]
        if _reads_names(step):
            parts.append({name: known for name, known in context.names().items() if name != "execution"})
        return hashlib.sha256(encode(parts)).hexdigest()


def _reads_names(step: Step) -> bool:
    """Whether code or expressions in the configuration can see more than the input."""
    return any(kinds & LITERAL_KINDS for _, _, kinds in texts(step.block, step.config.raw))
