"""Blocks run outside any graph, as tools of an agent, with the execution's own environment."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from app.engine.answers import checked
from app.engine.config import CompiledConfig, field_error, schema_of
from app.engine.context import Environment, StepContext
from app.engine.deadline import OutOfTime, limited
from app.engine.frame import Frame, Ready
from app.engine.graph import Policy
from app.engine.names import Names
from app.engine.plan import Plan
from app.engine.program import Program, Step
from app.engine.registry import BlockTypes
from app.sdk import Block, BlockError, Json, Wait


class BlockTools:
    """The sdk's Blocks for one execution. What a model writes is taken as it is: templates in it are not resolved."""

    def __init__(self, types: BlockTypes, environment: Environment, execution: Mapping[str, Json]) -> None:
        self._types = types
        self.environment = environment
        self.execution = execution

    def describe(self, type: str) -> dict[str, Json]:
        block = self._tool(type)
        return {
            "type": block.type,
            "title": block.title,
            "description": block.description,
            "input_schema": schema_of(block.config),
        }

    async def run(self, type: str, config: Mapping[str, Json], key: str) -> Json:
        block = self._tool(type)
        try:
            typed = block.config.model_validate(dict(config))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise field_error(first["loc"], first["msg"], "CONFIG_INVALID") from None
        compiled = CompiledConfig(block, dict(config), typed, None)
        step = Step(0, key, block.title, block, compiled, True, block.timeout_ms / 1000, Policy(), False, (), True)
        program = Program(Plan((key,), (0,), ({},), ((),)), (step,))
        names = Names.of({}, self.execution, {}, {}, {})
        context = StepContext(self, Frame(program, (0,), names, None), Ready(step), None)
        try:
            result = await limited(step.timeout, block.execute(context, typed, None))
        except OutOfTime:
            raise BlockError("STEP_TIMEOUT", f"{block.title}: not finished within {step.timeout:g} s") from None
        if isinstance(result, Wait):
            raise BlockError("TOOL_WAITS", f"{block.title} waits, so it cannot be a tool", retryable=False)
        checked(result, block)
        return result.value

    async def run_body(self, step: Step, frame: Frame, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        raise BlockError("NOT_PERMITTED", "A tool has no body.")

    def stream(self, step: Step, frame: Frame, text: str) -> None:
        """A tool's text is not shown; the agent's is."""

    def _tool(self, type: str) -> Block:
        block = self._types.get(type)
        if block is None or block.trigger or block.body or block.answers or block.resume is not None:
            raise BlockError("NOT_A_TOOL", f"`{type[:100]}` is not a block that can be a tool", retryable=False)
        return block
