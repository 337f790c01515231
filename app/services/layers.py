"""The layers of a flow: listed, added, changed and taken away, each change a revision (contract.md A080-A083)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from app.catalog import Catalog
from app.engine.graph import Graph
from app.formats.layers import Layer, LayeredFlow, read_layers, write_layers
from app.formats.tasks import CannotExpress, Task, block_id, keep_layout
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.flows import Flow, Flows
from app.services.graphs import Graphs
from app.services.trigger_specs import checked
from app.services.workflows import Workflows


class LayerSpec(BaseModel):
    """What a caller says of a layer; what is left out of a change stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str | None = Field(None, min_length=1, max_length=200)
    ref: str | None = Field(None, min_length=1, max_length=100)
    appId: str | None = Field(None, min_length=1, max_length=100)  # noqa: N815 - the contract's spelling
    index: int | float | None = Field(None, ge=-1_000_000, le=1_000_000, allow_inf_nan=False)
    args: dict[str, Json] | None = None
    filters: str | None = Field(None, max_length=10_000)
    timeout: int | None = Field(None, ge=1, le=86_400_000)
    retry: int | dict[str, Json] | None = None
    needsApproval: bool | None = None  # noqa: N815


class Layers:
    def __init__(self, flows: Flows, workflows: Workflows, graphs: Graphs, catalog: Catalog) -> None:
        self._flows = flows
        self._workflows = workflows
        self._graphs = graphs
        self._triggers = catalog.triggers

    async def list(self, actor: Actor, flow: str) -> Sequence[Layer]:
        """Raises 404, and 409 with the reason when the graph has no layers."""
        return self._read((await self._flows.get(actor, flow)).workflow.graph).layers

    async def add(self, actor: Actor, flow: str, raw: Json) -> Layer:
        """Without an index it comes last."""
        spec = checked(LayerSpec, raw)
        if spec.appId is None:
            raise invalid("`appId` is needed.", [{"field": "appId", "message": "is needed"}])

        def change(found: LayeredFlow) -> tuple[Sequence[Layer], str]:
            taken = {layer.task.id for layer in found.layers} | {trigger.id for trigger in found.triggers}
            ref = spec.ref or block_id(spec.name or str(spec.appId), taken)
            if ref in taken:
                raise ServiceError("REF_TAKEN", f"There is already a layer `{ref}`.", 409)
            last = max((layer.index for layer in found.layers), default=-1)
            made = _changed(Layer(last + 1, Task(ref, spec.name or ref, str(spec.appId), {})), spec)
            return [*found.layers, made], ref

        return await self._write(actor, flow, change)

    async def update(self, actor: Actor, flow: str, layer_id: str, raw: Json) -> Layer:
        spec = checked(LayerSpec, raw)
        if spec.ref not in (None, layer_id):
            raise invalid("`ref` cannot be changed.", [{"field": "ref", "message": "cannot be changed"}])

        def change(found: LayeredFlow) -> tuple[Sequence[Layer], str]:
            _one(found.layers, layer_id)
            return [_changed(layer, spec) if layer.task.id == layer_id else layer for layer in found.layers], layer_id

        return await self._write(actor, flow, change)

    async def delete(self, actor: Actor, flow: str, layer_id: str) -> None:
        def change(found: LayeredFlow) -> tuple[Sequence[Layer], str]:
            _one(found.layers, layer_id)
            return [layer for layer in found.layers if layer.task.id != layer_id], ""

        await self._write(actor, flow, change)

    async def _write(self, actor: Actor, flow: str, change: Callable[[LayeredFlow], tuple[Sequence[Layer], str]]) -> Layer:
        actor.demand("workflows.write")
        found: Flow = await self._flows.get(actor, flow)
        workflow = found.workflow
        layered = self._read(workflow.graph)
        layers, ref = change(layered)
        raw = keep_layout(write_layers(layered.triggers, layers), workflow.graph)
        await self._workflows.put_graph(actor, workflow.id, raw, workflow.revision, "Layers changed")
        after = await self.list(actor, workflow.id)
        return _one(after, ref) if ref else Layer(0, Task("", "", "", {}))

    def _read(self, graph: Graph) -> LayeredFlow:
        try:
            return read_layers(graph, self._triggers)
        except CannotExpress as error:
            raise ServiceError("FORM_TOO_NARROW", f"This workflow cannot be expressed as layers: {error}.", 409) from None


def _one(layers: Sequence[Layer], layer_id: str) -> Layer:
    """Raises 404."""
    for layer in layers:
        if layer.task.id == layer_id:
            return layer
    raise not_found("layer", layer_id)


def _changed(layer: Layer, spec: LayerSpec) -> Layer:
    task, policy = layer.task, dict(layer.task.policy)
    for name, value in (("timeout_ms", spec.timeout), ("run_if", spec.filters), ("retry", _retry(spec.retry))):
        if value is not None:
            policy[name] = value
    task = replace(
        task,
        name=task.name if spec.name is None else spec.name,
        type=task.type if spec.appId is None else spec.appId,
        config=task.config if spec.args is None else spec.args,
        policy={name: value for name, value in policy.items() if value not in ("", None)},
        approval=task.approval if spec.needsApproval is None else (spec.needsApproval or None),
    )
    return Layer(layer.index if spec.index is None else spec.index, task)


def _retry(given: int | dict[str, Json] | None) -> Json:
    return {"attempts": given} if isinstance(given, int) else given
