"""Going back and forth through an execution: what each block was doing at a moment."""

from __future__ import annotations

from .conftest import Evaluate

REPLAY = """
const { eventsOf, stateAfter } = await import("/static/editor/replay.js");
const at = (second) => second === null ? null : `2026-01-01T00:00:0${second}.000Z`;
const step = (node_id, began, ended, status, ports = []) =>
  ({ node_id, status, ports, started_at: at(began), finished_at: at(ended) });
const states = (steps) => {
  const events = eventsOf(steps);
  return events.map((_, place) => [...stateAfter(events, place + 1).blocks].map(([id, { status }]) => `${id} ${status}`));
};
"""


def test_blocks_run_one_after_the_other_or_together(evaluate: Evaluate) -> None:
    assert evaluate(REPLAY + """
        const together = [step("b", 1, 3, "completed"), step("c", 1, 2, "failed")];
        return states([step("a", 0, 0, "completed"), ...together, step("d", 3, null, "waiting")]);
    """) == [
        ["a running"], ["a completed"],
        ["a completed", "b running"], ["a completed", "b running", "c running"], ["a completed", "b running", "c failed"],
        ["a completed", "b completed", "c failed"], ["a completed", "b completed", "c failed", "d running"],
    ]


def test_rounds_of_a_loop_add_up_their_ways(evaluate: Evaluate) -> None:
    assert evaluate(REPLAY + """
        const events = eventsOf([step("check", 0, 1, "completed", ["if"]), step("check", 2, 3, "completed", ["else"])]);
        return [1, 2, 3, 4].map((count) => {
          const { blocks, taken } = stateAfter(events, count);
          return [blocks.get("check").status, taken.get("check") ?? []];
        });""") == [["running", []], ["completed", ["if"]], ["running", ["if"]], ["completed", ["if", "else"]]]
