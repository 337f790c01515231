"""Nodes of n8n that reach out by HTTP, mail or a database, and its agents."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.n8n.flow_nodes import Mapper
from app.formats.n8n.node import Mapped, Node, OutViews
from app.sdk import Json

BODY: OutViews = (((), ".body"),)
WHOLE: OutViews = ((("body",), ".body"), (("headers",), ".headers"), (("statusCode",), ".status_code"))
PROVIDERS = {"lmChatOpenAi": "openai-compatible", "lmChatAnthropic": "anthropic", "lmChatGoogleGemini": "google"}


def http(node: Node) -> Mapped:
    config: dict[str, Json] = {
        "method": str(node.raw("method") or node.raw("requestMethod") or "GET").upper(),
        "url": node.text("url"),
    }
    params = node.pairs("queryParameters.parameters") or node.pairs("queryParametersUi.parameter")
    headers = node.pairs("headerParameters.parameters") or node.pairs("headerParametersUi.parameter")
    config |= {"params": params} if params else {}
    config |= {"headers": headers} if headers else {}
    body = _body(node)
    config |= body
    if body.get("body_type") == "raw" and node.raw("contentType", "json") == "json":
        config["headers"] = {"Content-Type": "application/json", **headers}
    if node.raw("authentication", "none") != "none" or node.credentials:
        config["credential"] = node.credential()
    options: dict[str, Json] = {}
    timeout = node.raw("options.timeout")
    if isinstance(timeout, int) and 0 < timeout <= 300_000:
        options["timeout_ms"] = timeout
    if node.flag("options.response.response.neverError") or node.flag("options.ignoreResponseCode"):
        options["fail_on_status"] = False
    kind = node.raw("options.response.response.responseFormat") or node.raw("responseFormat")
    options |= {"response_type": kind} if kind in ("json", "text", "file") else {}
    if node.raw("options.pagination"):
        node.note("How its pages are collected must be set anew, under More settings.")
    whole = node.flag("options.response.response.fullResponse") or node.flag("options.fullResponse")
    return Mapped("general_api", config | options, views=WHOLE if whole else BODY)


def _body(node: Node) -> dict[str, Json]:
    if not (node.flag("sendBody") or node.version < 3):
        return {}
    fields = node.pairs("bodyParameters.parameters") or node.pairs("bodyParametersUi.parameter")
    kind = str(node.raw("contentType") or node.raw("bodyContentType") or "json")
    written = node.json("jsonBody") if node.raw("jsonBody") is not None else node.json("bodyParametersJson")
    match kind:
        case "form-urlencoded":
            return {"body_type": "form", "body": fields}
        case "multipart-form-data":
            return {"body_type": "multipart", "body": fields}
        case "raw":
            return {"body_type": "raw", "body": node.text("body")}
        case "binaryData":
            return {"body_type": "raw", "body": "{{ input }}"}
    if isinstance(written, str) and not (written.startswith("{{") and written.endswith("}}")):
        node.note("Its body is JSON put together from texts: it is sent as it is, with the header Content-Type.")
        return {"body_type": "raw", "body": written}
    if fields or written is not None:
        return {"body_type": "json", "body": fields or written}
    return {}


def rss(node: Node) -> Mapped:
    return Mapped("rss.read", {"url": node.text("url")}, many=True)


def mail(node: Node) -> Mapped:
    config: dict[str, Json] = {
        "sender": node.text("fromEmail"), "to": node.text("toEmail"), "subject": node.text("subject"),
        "text": node.text("text") or node.text("message"), "html": node.text("html"), "credential": node.credential(),
    }  # fmt: skip
    return Mapped("email.send", {name: value for name, value in config.items() if value})


def graphql(node: Node) -> Mapped:
    config = {"url": node.text("endpoint"), "query": str(node.raw("query", "")), "credential": node.credential()}
    return Mapped("net.graphql", {name: value for name, value in config.items() if value})


def sql(node: Node) -> Mapped | None:
    if node.raw("operation", "executeQuery") != "executeQuery":
        return None
    kind = "db.postgres" if node.type.endswith("postgres") else "db.mysql"
    text = str(node.raw("query", ""))
    if "{{" in text or "$1" in text:
        node.note("Values do not go into the text of a query here: give them as parameters, such as :id.")
    return Mapped(kind, {"operation": "query", "sql": text.removeprefix("="), "credential": node.credential()}, many=True)


def agent(node: Node) -> Mapped:
    config: dict[str, Json] = {}
    prompt = node.text("text") if node.raw("promptType", "define") == "define" else ""
    system = node.text("options.systemMessage")
    config |= {"prompt": prompt} if prompt else {}
    config |= {"system_prompt": system} if system else {}
    return Mapped("agent", config, views=((("output",), ".text"), (("text",), ".text")))


def model_of(node: Node) -> dict[str, Json]:
    """What an agent needs of the model that is attached to it."""
    kind = node.type.rpartition(".")[2]
    config: dict[str, Json] = {"provider": PROVIDERS.get(kind, "openai-compatible"), "credential": node.credential()}
    config["model"] = node.text("model") or node.text("modelName")
    if kind not in PROVIDERS:
        node.note(f"Set the address of its model anew; in n8n it was {kind}.")
    return {name: value for name, value in config.items() if value}


WEB: Mapping[str, Mapper] = {
    "httpRequest": http, "rssFeedRead": rss, "emailSend": mail, "graphql": graphql, "postgres": sql, "mySql": sql,
    "agent": agent, "chainLlm": agent,
}  # fmt: skip
