"""The MCP endpoint: contract.md A002-A004 as far as it concerns MCP, A029-A037, C24."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client.client import Client as McpClient
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from tests.support.graphs import block
from tests.support.keys import new_key
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import THREE, new_flow, unique

pytestmark = pytest.mark.anyio

SEEDS = {"list_flows", "get_flow", "trigger_run", "get_execution"}


def short(server: ServerProcess, token: str, **body: Any) -> httpx.Response:
    """A call in the short form, as printed."""
    return httpx.post(f"{server.url}/api/mcp", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def used(server: ServerProcess, token: str, name: str, **arguments: Any) -> dict[str, Any]:
    answer = short(server, token, method="tools/call", name=name, arguments=arguments)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def refused(url: str) -> int:
    """The status of a call without any token."""
    return httpx.post(url, json={"method": "tools/list"}).status_code


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return new_key(Client(server.url).sign_in(), "mcp")


def said(result: CallToolResult) -> str:
    """The text of a tool's answer."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def session(server: ServerProcess, token: str, **options: Any) -> AsyncIterator[McpClient]:
    """The SDK's own client, connected."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http,
        McpClient(streamable_http_client(f"{server.url}/api/mcp", http_client=http), **options) as client,
    ):
        yield client


def test_a029_a032_list_the_tools_as_printed(server: ServerProcess, key: str) -> None:
    tools = short(server, key, method="tools/list").json()["data"]["tools"]
    assert {tool["name"] for tool in tools} >= SEEDS
    assert all(tool["inputSchema"]["type"] == "object" for tool in tools)


def test_a030_the_scope_mcp_is_needed(server: ServerProcess, client: Client) -> None:
    other = new_key(client, "flows:read")
    refused = short(server, other, method="tools/list")
    assert (refused.status_code, refused.json()["error"]) == (403, "FORBIDDEN")
    assert httpx.post(f"{server.url}/api/mcp", json={"method": "tools/list"}).status_code == 401


def test_a031_the_same_bearer_key_and_content_type(server: ServerProcess, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = httpx.post(f"{server.url}/api/mcp", content=b'{"method":"tools/list"}', headers=headers)
    assert answer.status_code == 200


def test_a032_the_short_form_has_neither_jsonrpc_nor_id(server: ServerProcess, key: str) -> None:
    body = short(server, key, method="tools/list").json()
    assert body.keys() == {"data"}
    wrong = short(server, key, method="tools/burn")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "VALIDATION_ERROR")


def test_a033_call_a_tool_as_printed(server: ServerProcess, client: Client, key: str) -> None:
    flow = new_flow(client, THREE)["id"]
    started = used(server, key, "trigger_run", flowId=flow)
    assert client.wait_for(started["executionId"])["status"] == "completed"
    missing = short(server, key, method="tools/call", name="burn_down", arguments={})
    assert (missing.status_code, missing.json()["error"]) == (404, "TOOL_NOT_FOUND")
    wrong = short(server, key, method="tools/call", name="trigger_run", arguments={})
    assert (wrong.status_code, "flowId" in wrong.json()["message"]) == (400, True)


def test_a034_list_flows(server: ServerProcess, client: Client, key: str) -> None:
    flow = new_flow(client)
    (found,) = used(server, key, "list_flows", q=flow["name"])["flows"]
    assert (found["id"], found["status"], found["mode"]) == (flow["id"], "internal", "live")


def test_a035_get_flow(server: ServerProcess, client: Client, key: str) -> None:
    flow = new_flow(client, THREE)["id"]
    assert used(server, key, "get_flow", flowId=flow)["latestExecution"] is None
    client.execute(flow)
    found = used(server, key, "get_flow", flowId=flow)
    assert found["blueprint"]["summary"] == "4 blocks, 3 edges"
    assert [(step["id"], step["after"]) for step in found["steps"]] == [
        ("start", []),
        ("first", ["start"]),
        ("second", ["first"]),
        ("third", ["second"]),
    ]
    assert found["latestExecution"]["status"] == "completed"


def test_a036_trigger_run(server: ServerProcess, client: Client, key: str) -> None:
    flow = new_flow(client, THREE)["id"]
    started = used(server, key, "trigger_run", flowId=flow, input={"who": "Ada"})
    assert started["status"] == "queued"
    found = client.wait_for(started["executionId"])
    assert (found["trigger"], found["input"]) == ("mcp", {"who": "Ada"})


def test_a037_get_execution(server: ServerProcess, client: Client, key: str) -> None:
    execution = client.execute(new_flow(client, THREE)["id"], who="Ada")["execution_id"]
    found = used(server, key, "get_execution", executionId=execution)
    second = next(step for step in found["steps"] if step["id"] == "second")
    assert (second["status"], second["output"]) == ("completed", {"greeting": "Hello Ada"})
    assert isinstance(second["durationMs"], int)


async def test_the_sdks_client_lists_and_calls(server: ServerProcess, client: Client, key: str) -> None:
    flow = new_flow(client)
    async with session(server, key) as agent:
        tools = await agent.list_tools()
        assert {tool.name for tool in tools.tools} >= SEEDS
        result = await agent.call_tool("list_flows", {"q": flow["name"]})
        assert result.structured_content is not None
        assert [found["id"] for found in result.structured_content["flows"]] == [flow["id"]]
        failed = await agent.call_tool("get_flow", {"flowId": "nothing"})
        assert failed.is_error
        assert json.loads(said(failed))["error"] == "FLOW_NOT_FOUND"


def test_clients_of_the_earlier_handshake_are_served_too(server: ServerProcess, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
    }
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as old:
        answer = old.post("/api/mcp", json=hello)
        assert (answer.status_code, answer.json()["result"]["protocolVersion"]) == (200, "2025-06-18")
        old.headers["MCP-Protocol-Version"] = "2025-06-18"
        listed = old.post("/api/mcp", json={"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}})
        assert {tool["name"] for tool in listed.json()["result"]["tools"]} >= SEEDS


async def test_a_deployed_workflow_is_a_tool(server: ServerProcess, client: Client, key: str) -> None:
    name = unique("tool").replace("-", "_")
    variables = [{"name": "order", "type": "integer", "required": True, "description": "Its number"}]
    trigger = block("ask", "trigger.mcp_tool", {"tool": name, "description": "Where is it?", "variables": variables})
    answer = block("look", "code", {"code": "output = {'place': 'shelf ' + str(variables['order'])}"})
    workflow = client.new(trigger, answer, edges=["ask>look"])
    async with session(server, key) as agent:
        assert name not in {tool.name for tool in (await agent.list_tools()).tools}
    client.post(f"/api/workflows/{workflow}/deploy")
    async with session(server, key) as agent:
        tool = next(tool for tool in (await agent.list_tools()).tools if tool.name == name)
        assert (tool.description, tool.input_schema["required"]) == ("Where is it?", ["order"])
        result = await agent.call_tool(name, {"order": 7})
        assert result.structured_content == {"place": "shelf 7"}
        assert (await agent.call_tool(name, {"order": "seven"})).is_error
    client.post(f"/api/workflows/{workflow}/undeploy")
    assert short(server, key, method="tools/call", name=name, arguments={"order": 7}).status_code == 404


async def test_a_channel_of_the_kind_mcp_offers_its_workflows(server: ServerProcess, client: Client) -> None:
    name = unique("agents")
    code = "name: x\nvariables: {who: you}\ntasks:\n  - {name: hi, type: code, properties: {code: 'output = variables'}}\n"
    flow = new_flow(client, code)["id"]
    routes = [{"name": "greet", "targetFlowIds": [flow]}]
    body = {"name": name, "kind": "mcp", "authMode": "header_token", "authToken": "a long token", "routes": routes}
    assert client.post("/api/channels", json=body).status_code == 201
    url = f"{server.url}/c/{name}"
    assert refused(url) == 401
    async with (
        httpx2.AsyncClient(headers={"Authorization": "Bearer a long token"}, timeout=30) as http,
        McpClient(streamable_http_client(url, http_client=http)) as agent,
    ):
        (tool,) = (await agent.list_tools()).tools
        assert (tool.name, list(tool.input_schema["properties"])) == ("greet", ["who"])
        assert (await agent.call_tool("greet", {"who": "Ada"})).structured_content == {"who": "Ada"}
        assert (await agent.call_tool("shout", {})).is_error


async def test_an_agent_builds_repairs_and_runs_a_workflow(server: ServerProcess, client: Client) -> None:
    token = new_key(client, "mcp", "flows:read", "flows:write", "flows:run", "executions:read")
    async with session(server, token) as agent:

        async def use(tool: str, **arguments: Any) -> Any:
            result = await agent.call_tool(tool, arguments)
            assert not result.is_error, result.content
            return result.structured_content

        types = {found["type"] for found in (await use("list_block_types"))["types"]}
        assert {"starter", "code", "response"} <= types
        assert "code" in (await use("describe_block_type", type="code"))["inputSchema"]["properties"]
        flow = (await use("create_flow", name=unique("built")))["id"]
        drawn = {
            "blocks": [{"id": "start", "type": "starter"}, {"id": "sum", "type": "code", "config": {"code": "output = 1 / 0"}}],
            "edges": [{"source": "start", "target": "sum"}],
        }
        refused = await agent.call_tool("write_graph", {"flowId": flow, "blocks": [{"id": "x", "type": "no.such"}], "edges": []})
        assert refused.is_error
        assert "Unknown block type" in said(refused)
        assert (await use("write_graph", flowId=flow, **drawn))["problems"] == []
        broken = await use("execute_flow", flowId=flow)
        assert (broken["status"], broken["error"]["block_id"]) == ("failed", "sum")
        graph = await use("read_graph", flowId=flow)
        graph["blocks"][1]["config"]["code"] = "output = 1 + 1"
        await use("write_graph", flowId=flow, blocks=graph["blocks"], edges=graph["edges"], revision=graph["revision"])
        assert (await use("execute_flow", flowId=flow))["output"] == 2


async def test_a_key_sees_only_the_tools_that_its_scopes_allow(server: ServerProcess, client: Client, key: str) -> None:
    async with session(server, key) as agent:
        names = {tool.name for tool in (await agent.list_tools()).tools}
    assert "write_graph" not in names
    assert "execute_flow" not in names
    refused = short(server, key, method="tools/call", name="write_graph", arguments={})
    assert refused.status_code == 404
