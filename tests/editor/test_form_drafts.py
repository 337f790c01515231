"""What an edit of a form changes: the fields that were edited, not all that the form still shows."""

from __future__ import annotations

from .conftest import Evaluate

FORM = """
const { edited } = await import("/static/editor/form-drafts.js");
const rendered = { ...block("a", "code", { limit: 1, to: { host: "x", port: 1 } }), notes: "" };
const beside = { id: "a", edited: true, name: "a", notes: "", enabled: true };
const payload = (changes) => ({ ...beside, config: { ...rendered.config, ...changes } });
"""


def test_a_form_that_is_a_little_old_takes_nothing_back(evaluate: Evaluate) -> None:
    assert evaluate(FORM + """
        const now = { ...rendered, name: "Renamed meanwhile", config: { limit: 9, to: { host: "y", port: 1 }, added: true } };
        const { name, config } = edited(now, rendered, payload({ to: { host: "x", port: 2 } }));
        return [name, config];""") == ["Renamed meanwhile", {"limit": 9, "to": {"host": "y", "port": 2}, "added": True}]


def test_an_emptied_field_is_an_edit(evaluate: Evaluate) -> None:
    assert evaluate(FORM + """
        const { limit: _, ...rest } = rendered.config;
        const sent = { ...payload({}), config: rest, notes: "", policy: { on_error: "continue" } };
        const { config, policy, enabled } = edited(rendered, rendered, sent);
        return [config, policy, enabled];""") == [{"to": {"host": "x", "port": 1}}, {"on_error": "continue"}, True]
