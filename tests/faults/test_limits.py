"""Limits that only a whole server has: how deep workflows may start each other, and one program for each revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.graphs import block
from tests.support.server import Client
from tests.support.studio import opened_studio


def test_workflows_start_each_other_ten_deep_and_no_deeper(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    blocks = [block("start", "starter"), block("again", "flow.subworkflow", {"workflow": workflow})]
    edges = [{"source": "start", "target": "again", "sourceHandle": "output", "targetHandle": "input"}]
    assert client.put(f"/api/workflows/{workflow}/graph", json={"blocks": blocks, "edges": edges}).status_code == 200
    assert client.execute(workflow)["status"] == "failed"
    executions = client.get(f"/api/executions?workflow_id={workflow}&size=50").json()["executions"]
    assert [one["status"] for one in executions] == 11 * ["failed"]
    errors = [client.get(f"/api/executions/{one.get('id') or one['execution_id']}").json()["error"] for one in executions]
    assert [error["message"] for error in errors if error["code"] == "TOO_DEEP"] == [
        "Again: workflows may start each other 10 deep"
    ]


@pytest.mark.anyio
async def test_a_revision_is_compiled_once(tmp_path: Path) -> None:
    async with opened_studio(tmp_path) as studio:
        workflow = await studio.new(block("start", "starter"), block("end", "flow.noop"), edges=["start>end"])
        await studio.run(workflow)
        programs = [(await studio.server.lending.program(workflow, 1)).program for _ in range(2)]
        assert programs[0] is programs[1]
