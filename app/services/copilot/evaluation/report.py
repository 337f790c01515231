"""Pure: the results of an evaluation as a report that people and programs can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from app.sdk import Json
from app.services.copilot.evaluation.running import LANGUAGES, Result

NAMES = {"en": "English", "de": "German"}


def report(model: str, results: Sequence[Result]) -> dict[str, Json]:
    """All figures of one model."""
    return {
        "model": model,
        "requests": len(results),
        "passed": sum(one.passed for one in results),
        "share": round(sum(one.passed for one in results) / len(results), 3) if results else 0.0,
        "languages": {language: _of([one for one in results if one.language == language]) for language in LANGUAGES},
        "tokens": sum(one.tokens for one in results),
        "cost": round(sum(one.cost for one in results), 6),
        "seconds": round(sum(one.seconds for one in results), 1),
        "tools": sum(one.tools for one in results),
        "refused": sum(one.refused for one in results),
        "results": [asdict(one) | {"wrong": list(one.wrong), "passed": one.passed} for one in results],
    }


def _of(results: Sequence[Result]) -> dict[str, Json]:
    return {"requests": len(results), "passed": sum(one.passed for one in results)}


def line(result: Result) -> str:
    """One result in a line."""
    sign = "ok  " if result.passed else "FAIL"
    why = f"  {'; '.join(result.wrong)}" if result.wrong else ""
    return f"{sign}  {result.id:<18} {result.seconds:6.1f} s {result.tokens:7,} tokens{why}"


def summary(found: dict[str, Json]) -> str:
    """The figures in two lines."""
    asked = {language: one for language, one in found["languages"].items() if one["requests"]}
    parts = [f"{NAMES[language]} {one['passed']} of {one['requests']}" for language, one in asked.items()]
    cost = f", cost {found['cost']:g}" if found["cost"] else ""
    first = f"{found['model']}: {found['passed']} of {found['requests']} right ({', '.join(parts)})"
    uses = f"{found['tools']} uses of tools ({found['refused']} refused)"
    return f"{first}\n{found['tokens']:,} tokens, {uses}, {found['seconds']} s{cost}"
