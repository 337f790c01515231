"""Nodes of n8n that begin, steer and end a workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.formats.n8n.conditions import compared, rules
from app.formats.n8n.node import Mapped, Node
from app.sdk import Json

Mapper = Callable[[Node], Mapped | None]
"""The block for a node; None where nothing fits its parameters."""

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
WEBHOOK_VIEWS = (
    (("body",), ""),
    (("query",), "execution.request.query"),
    (("headers",), "execution.request.headers"),
)


def starter(node: Node) -> Mapped:
    return Mapped("starter")


def chat(node: Node) -> Mapped:
    node.note("It starts with the variables chatInput and sessionId.")
    return Mapped("starter", {"variables": [{"name": "chatInput"}, {"name": "sessionId"}]})


def webhook(node: Node) -> Mapped:
    methods = node.raw("httpMethod", "GET")
    listed = methods if isinstance(methods, list) else [methods]
    if node.raw("authentication", "none") != "none":
        node.credential()
    node.note("It has a new address and a secret: tell them to whoever calls it.")
    known = [method for method in listed if method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    return Mapped("webhook", {"methods": known or ["POST"]}, views=WEBHOOK_VIEWS)


def respond(node: Node) -> Mapped:
    kind = node.raw("respondWith", "firstIncomingItem")
    config: dict[str, Json] = {"status": node.number("options.responseCode", 200)}
    headers = node.pairs("options.responseHeaders.entries")
    if kind == "json":
        config["body"] = node.json("responseBody")
    elif kind == "text":
        config["body"] = node.text("responseBody")
    elif kind == "redirect":
        headers, config["status"] = headers | {"Location": node.text("redirectURL")}, node.number("options.responseCode", 302)
    elif kind != "noData":
        config["body"] = "{{ input }}"
    return Mapped("response", config | ({"headers": headers} if headers else {}), ports=(), takes_many=True)


def schedule(node: Node) -> Mapped | None:
    listed = node.listed("rule.interval") or [{}]
    if len(listed) > 1:
        node.note(f"Only the first of {len(listed)} times was taken over: add a schedule for each of the others.")
    when = _times(node, listed[0])
    return None if when is None else Mapped("trigger.schedule", when)


def _times(node: Node, rule: Mapping[str, Json]) -> dict[str, Json] | None:
    def at(name: str, otherwise: int) -> int:
        value = rule.get(name)
        return value if isinstance(value, int) else otherwise

    minute, hour = at("triggerAtMinute", 0), at("triggerAtHour", 0)
    match rule.get("field", "days"):
        case "cronExpression":
            return cron(node, node.read(rule.get("expression", ""), "expression"))
        case "seconds":
            node.note("Schedules here are at least 60 seconds apart.")
            return {"interval_seconds": max(60, at("secondsInterval", 30))}
        case "minutes":
            return {"interval_seconds": 60 * max(1, at("minutesInterval", 5))}
        case "hours":
            every = at("hoursInterval", 1)
            return {"cron": f"{minute} {'*' if every == 1 else f'*/{every}'} * * *"}
        case "days":
            every = at("daysInterval", 1)
            return {"cron": f"{minute} {hour} {'*' if every == 1 else f'*/{every}'} * *"}
        case "weeks":
            days = rule.get("triggerAtDay")
            listed = ",".join(str(day) for day in days) if isinstance(days, list) and days else "0"
            return {"cron": f"{minute} {hour} * * {listed}"}
        case "months":
            every = at("monthsInterval", 1)
            return {"cron": f"{minute} {hour} {at('triggerAtDayOfMonth', 1)} {'*' if every == 1 else f'*/{every}'} *"}
    return None


def cron(node: Node, line: Json) -> dict[str, Json] | None:
    """A cron line; the seconds with which n8n's may begin are left out."""
    parts = str(line).split()
    if len(parts) == 6:
        node.note("The seconds of the cron line were left out.")
        parts = parts[1:]
    return {"cron": " ".join(parts)} if len(parts) == 5 else None


def old_cron(node: Node) -> Mapped | None:
    listed = node.listed("triggerTimes.item") or [{}]
    first = listed[0]
    if first.get("mode") == "custom":
        when = cron(node, first.get("cronExpression", ""))
        return None if when is None else Mapped("trigger.schedule", when)
    minute, hour = first.get("minute", 0), first.get("hour", 14)
    every = {
        "everyMinute": "* * * * *",
        "everyHour": f"{minute} * * * *",
        "everyWeek": f"{minute} {hour} * * {first.get('weekday', 1)}",
        "everyMonth": f"{minute} {hour} {first.get('dayOfMonth', 1)} * *",
    }
    return Mapped("trigger.schedule", {"cron": every.get(str(first.get("mode")), f"{minute} {hour} * * *")})


def interval(node: Node) -> Mapped:
    seconds = SECONDS.get(str(node.raw("unit", "seconds")), 1) * int(node.raw("interval", 60) or 60)
    return Mapped("trigger.schedule", {"interval_seconds": max(60, seconds)})


def called(node: Node) -> Mapped:
    fields = node.listed("workflowInputs.values")
    return Mapped("trigger.workflow", {"variables": [{"name": str(one.get("name", "value"))} for one in fields]})


def form(node: Node) -> Mapped:
    fields = node.listed("formFields.values")
    named = [(str(one.get("fieldLabel", f"field {number}")), one) for number, one in enumerate(fields, 1)]
    variables = [{"name": _word(label), "required": one.get("requiredField") is True} for label, one in named]
    node.note("Its form was made the form of the start block.")
    return Mapped("starter", {"variables": variables}, views=(*(((label,), f".{_word(label)}") for label, _ in named), ((), "")))


def _word(label: str) -> str:
    plain = "".join(mark if mark.isascii() and mark.isalnum() else "_" for mark in label.lower()).strip("_") or "field"
    return plain if plain[0].isalpha() else f"f_{plain}"


def condition(node: Node) -> Mapped:
    branch = {"expression": rules(node, node.raw("conditions"))}
    return Mapped("condition", {"branches": [branch]}, ports=("if", "else"), passes=True, takes_many=True)


def switch(node: Node) -> Mapped | None:
    if node.raw("mode", "rules") != "rules":
        return None
    cases: list[Json] = []
    new = node.listed("rules.values") or node.listed("rules.rules")
    for number, rule in enumerate(new, 1):
        if isinstance(rule.get("conditions"), dict):
            written = rules(node, rule["conditions"])
        else:
            left, right = node.part(node.raw("value1"), "value1"), node.part(rule.get("value2"), "value2")
            written = compared(node, str(rule.get("operation", "equal")), left, right)
        cases.append({"name": str(rule.get("outputKey") or f"Way {number}"), "expression": written})
    if not cases:
        return None
    ports = [f"case_{number}" for number in range(1, len(cases) + 1)]
    if not all("conditions" in rule for rule in new):  # an old rule says itself which output it takes
        order = [rule.get("output", 0) for rule in new]
        ports = [ports[order.index(number)] if number in order else "default" for number in range(4)]
    return Mapped("flow.switch", {"mode": "rules", "cases": cases}, ports=(*ports, "default"), passes=True, takes_many=True)


def merge(node: Node) -> Mapped:
    mode, by = node.raw("mode", "append"), node.raw("combineBy") or node.raw("combinationMode")
    if mode == "append":
        return Mapped("flow.merge", {"mode": "append"}, many=True, takes_many=True)
    if mode in ("chooseBranch", "passThrough", "wait"):
        node.note("It waits for all that comes in, and gives all of it.")
        return Mapped("flow.merge", {"mode": "all"}, takes_many=True)
    fields = node.listed("mergeByFields.values") or node.listed("joinFields.values")
    keys = [str(one.get("field1", "")) for one in fields]
    simple = str(node.raw("fieldsToMatchString", ""))
    keys = keys or [key.strip() for key in simple.split(",") if key.strip()]
    keys = keys or [str(node.raw("propertyName1"))] if node.raw("propertyName1") else keys
    if keys and (mode == "mergeByKey" or by in (None, "mergeByFields", "combineByFields")):
        joins = {"keepEverything": "outer", "enrichInput1": "left"}
        join = joins.get(str(node.raw("joinMode", "keepMatches")), "inner")
        return Mapped("flow.merge", {"mode": "combine", "keys": keys, "join": join}, many=True, takes_many=True)
    node.note("In n8n it put entries together by their position; here it gives everything that came in.")
    return Mapped("flow.merge", {"mode": "all"}, takes_many=True)


def loop(node: Node) -> Mapped:
    size = node.raw("batchSize", 1 if node.version >= 3 else 10)
    ports: tuple[str, ...] = ("output", "batch") if node.version >= 3 else ("batch", "output")
    if size == 1:
        ports = tuple("item" if port == "batch" else port for port in ports)
        return Mapped("flow.loop", {"items": f"{{{{ {node.field('')[0]} }}}}"}, ports=ports, many=True, takes_many=True)
    return Mapped("flow.batch", {"size": node.number("batchSize", 10), **node.items()}, ports=ports, many=True, takes_many=True)


def wait(node: Node) -> Mapped:
    match node.raw("resume", "timeInterval"):
        case "specificTime":
            return Mapped("flow.wait", {"until": node.text("dateTime")}, passes=True, takes_many=True)
        case "webhook" | "form":
            node.note("Whoever lets it go on calls the address that the execution shows.")
            return Mapped("flow.wait_event", {}, takes_many=True)
    amount, unit = (
        node.raw("amount", 5 if node.version >= 1.1 else 1),
        str(node.raw("unit", "seconds" if node.version >= 1.1 else "hours")),
    )
    seconds = amount * SECONDS.get(unit, 1) if isinstance(amount, int | float) else node.number("amount", 60)
    return Mapped("flow.wait", {"seconds": seconds}, passes=True, takes_many=True)


def subworkflow(node: Node) -> Mapped:
    raw = node.params.get("workflowId")
    named = raw.get("cachedResultName") if isinstance(raw, dict) else None
    workflow = str(named or node.text("workflowId"))
    node.note(f"It calls the workflow “{workflow}”: import that one too, or choose another.")
    inputs = node.value("workflowInputs.value")
    given = inputs if isinstance(inputs, dict) and inputs else "{{ input }}"
    return Mapped(
        "flow.subworkflow", {"workflow": workflow, "input": given, "wait": node.flag("options.waitForSubWorkflow", True)}
    )


def stop(node: Node) -> Mapped:
    message = node.text("errorMessage") or node.text("errorObject") or "Stopped"
    return Mapped("flow.stop_error", {"message": message}, ports=(), takes_many=True)


def noop(node: Node) -> Mapped:
    return Mapped("flow.noop", passes=True, takes_many=True)


def on_error(node: Node) -> Mapped:
    return Mapped("trigger.error", {})


FLOW: Mapping[str, Mapper] = {
    "manualTrigger": starter, "start": starter, "chatTrigger": chat, "webhook": webhook, "respondToWebhook": respond,
    "scheduleTrigger": schedule, "cron": old_cron, "interval": interval, "executeWorkflowTrigger": called,
    "formTrigger": form, "if": condition, "switch": switch, "merge": merge, "splitInBatches": loop, "wait": wait,
    "executeWorkflow": subworkflow, "stopAndError": stop, "noOp": noop, "errorTrigger": on_error,
}  # fmt: skip
