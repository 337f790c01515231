"""For each task of the evaluation, how a good model would answer: the operations that it proposes, or its words."""

from __future__ import annotations

from typing import Any

Operation = dict[str, Any]


def add(id: str, type: str, **config: Any) -> Operation:
    return {"type": "add_block", "block": {"id": id, "type": type, "config": config}}


def to(source: str, target: str, handle: str = "output") -> Operation:
    return {"type": "connect", "edge": {"source": source, "target": target, "sourceHandle": handle}}


def code(start: str, text: str, **more: Any) -> list[Operation]:
    """A start, a code block and an answer, in a row."""
    return [
        add("begin", start), add("work", "code", code=text), add("reply", "response", body="{{ work.output }}", **more),
        to("begin", "work"), to("work", "reply"),
    ]  # fmt: skip


def two_answers(condition: str, first: dict[str, Any], second: dict[str, Any]) -> list[Operation]:
    return [
        add("begin", "webhook"), add("which", "condition", branches=[{"expression": condition}]),
        add("one", "response", **first), add("two", "response", **second),
        to("begin", "which"), to("which", "one", "if"), to("which", "two", "else"),
    ]  # fmt: skip


SOLUTIONS: dict[str, list[Operation] | str] = {
    "webhook-total": code("webhook", "return {'total': sum(one['price'] * one['quantity'] for one in input['items'])}"),
    "greeting": [add("begin", "starter"), add("reply", "response", body="Hello {{ variables.name }}"), to("begin", "reply")],
    "two-ways": two_answers("variables.amount > 100", {"body": "large"}, {"body": "small"}),
    "schedule": [
        add("begin", "trigger.schedule", cron="0 8 * * 1-5"), add("call", "general_api", url="https://example.com/report"),
        to("begin", "call"),
    ],
    "each-item": code("starter", "return ['Hello ' + name for name in variables['names']]"),
    "filter": code("webhook", "return [one for one in input['orders'] if one['amount'] > 50]"),
    "approval": [
        add("begin", "webhook"), add("ask", "flow.gate", title="May it be paid?"),
        add("pay", "general_api", method="POST", url="https://example.com/pay"), to("begin", "ask"), to("ask", "pay", "approved"),
    ],
    "csv": code("webhook", "rows = [line.split(',') for line in input['csv'].strip().split('\\n')]\nreturn rows[1:]"),
    "check-input": two_answers("'email' in variables", {"status": 200, "body": "ok"}, {"status": 400, "body": "no email"}),
    "sum-field": code("starter", "return sum(variables['values']) / len(variables['values'])"),
    "retry": [{"type": "set_block", "block_id": "call", "policy": {"retry": {"attempts": 3}}}],
    "rename": [{"type": "set_block", "block_id": "total", "name": "Order total"}],
    "insert": [
        {"type": "disconnect", "edge_id": "e1"}, add("note", "util.log", message="{{ variables.number }}"),
        to("start", "note"), to("note", "answer"),
    ],
    "remove": [{"type": "remove_block", "block_id": "log"}, to("start", "answer")],
    "set-status": [{"type": "set_field", "block_id": "answer", "path": ["status"], "value": 201}],
    "error-way": [add("sorry", "response", body="sorry"), to("call", "sorry", "error")],
    "hash": [
        add("begin", "starter"), add("sum", "crypto.hash", source="{{ variables.text }}"),
        add("reply", "response", body="{{ sum.output }}"), to("begin", "sum"), to("sum", "reply"),
    ],
    "explain": "It adds up the prices of an order and answers with the total. Es bildet die Summe.",
    "repair": [{"type": "set_field", "block_id": "sum", "path": ["code"], "value": "return input['amount'] + 1"}],
    "limits": "I cannot deploy, and I cannot read the value of a credential.",
}  # fmt: skip
