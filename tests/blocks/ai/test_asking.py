"""The AI blocks against a model server on loopback: what is asked, what comes of it, and what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import BlockError, Json
from blocks.ai.summarize import parts_of
from tests.support.language_models import lent, loopback_models
from tests.support.model_server import ModelServer
from tests.support.peer import Reply

pytestmark = pytest.mark.anyio


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def asked(stage: Any, model: ModelServer, http: Any) -> AsyncIterator[Any]:
    """A stage on which blocks run against the model."""
    models = loopback_models()
    context = stage(models=lent(models), http=http)
    own = {"base_url": model.address, "model": "small"}
    context.ask = lambda type, value=None, **config: context.run(type, {**own, **config}, value)
    yield context
    await models.close()


async def refused(attempt: Any) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await attempt
    return caught.value


# -- ai.chat ---------------------------------------------------------------------------------------------------------------


async def test_a_prompt_with_what_was_said_before(asked: Any, model: ModelServer) -> None:
    model.says("In Bern.")
    earlier = [{"role": "user", "content": "Who is Ada?"}, {"role": "assistant", "content": "A friend."}]
    outcome = await asked.ask("ai.chat", "Where does she live?", system_prompt="Be short.", messages=earlier)
    assert outcome.value == {"text": "In Bern.", "usage": {"input_tokens": 11, "output_tokens": 7, "requests": 1}}
    said = [(message["role"], message["content"]) for message in model.asked[0]["messages"]]
    assert said == [
        ("system", "Be short."),
        ("user", "Who is Ada?"),
        ("assistant", "A friend."),
        ("user", "Where does she live?"),
    ]
    assert "".join(asked.streamed) == "In Bern."


async def test_an_image_is_shown_to_the_model(asked: Any, model: ModelServer) -> None:
    model.says("A dot.")
    image = {"filename": "a.png", "content_type": "image/png", "size": 3, "base64": "AAAA"}
    await asked.ask("ai.chat", prompt="What is it?", images=image)
    text, shown = model.asked[0]["messages"][-1]["content"]
    assert (text["text"], shown["image_url"]["url"]) == ("What is it?", "data:image/png;base64,AAAA")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"images": "no image"}, "images"),
        ({"images": [{"filename": "a", "content_type": "text/html", "base64": "AAAA"}]}, "images"),
    ],
)
async def test_what_cannot_be_said(asked: Any, model: ModelServer, config: dict[str, Json], field: str) -> None:
    error = await refused(asked.ask("ai.chat", "Hello", **config))
    assert (error.code, error.details) == ("CONFIG_INVALID", {"field": field})
    assert model.asked == []


@pytest.mark.parametrize("block", ["ai.chat", "ai.extract", "ai.classify", "ai.summarize", "ai.evaluate"])
async def test_nothing_to_work_on_is_an_error(asked: Any, block: str) -> None:
    more: dict[str, Json] = {
        "ai.extract": {"fields": [{"name": "a"}]},
        "ai.classify": {"labels": [{"name": "a"}]},
        "ai.evaluate": {"checks": [{"expected": "a"}]},
    }.get(block, {})
    for nothing in (None, "  "):
        assert (await refused(asked.ask(block, nothing, **more))).code == "TEXT_EMPTY"


async def test_failures_of_the_server_are_told(asked: Any, model: ModelServer) -> None:
    model.answers({"error": {"message": "bad key"}}, 401)
    wrong = await refused(asked.ask("ai.chat", "Hello"))
    model.answers({"error": {"message": "slow down"}}, 429)
    busy = await refused(asked.ask("ai.chat", "Hello"))
    model.refuses("I must not.")
    no = await refused(asked.ask("ai.chat", "Hello", stream=False))
    assert (wrong.retryable, busy.retryable, no.code) == (False, True, "MODEL_REFUSED")


# -- ai.extract ------------------------------------------------------------------------------------------------------------

FIELDS: list[dict[str, Json]] = [
    {"name": "who", "required": True, "description": "The writer"},
    {"name": "count", "type": "whole number"},
]


async def test_fields_are_read_out_of_a_text(asked: Any, model: ModelServer) -> None:
    model.says_json({"who": "Ada", "count": None})
    outcome = await asked.ask("ai.extract", "I am Ada.", fields=FIELDS)
    assert outcome.value["data"] == {"who": "Ada", "count": None}
    schema = str(model.asked[0])
    assert "The writer" in schema


async def test_an_answer_that_does_not_fit_is_sent_back_until_it_does(asked: Any, model: ModelServer) -> None:
    model.says("Ada, I think")
    model.says_json({"who": "Ada", "count": "three"})
    model.says_json({"who": "Ada", "count": 3})
    outcome = await asked.ask("ai.extract", "I am Ada, send three.", fields=FIELDS)
    assert outcome.value["data"]["count"] == 3
    assert outcome.value["usage"]["requests"] == 3
    assert "count" in str(model.asked[2]["messages"][-1]), "it is told what was wrong"


@pytest.mark.parametrize("repairs", [0, 1])
async def test_what_never_fits_fails(asked: Any, model: ModelServer, repairs: int) -> None:
    for _ in range(3):
        model.says_json({"who": 5})
    error = await refused(asked.ask("ai.extract", "Hello", fields=FIELDS, repairs=repairs))
    assert error.code == "MODEL_ANSWER"
    assert len(model.asked) == repairs + 1


async def test_a_schema_of_ones_own(asked: Any, model: ModelServer) -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "maxItems": 1}}, "required": ["tags"]}
    model.says_json({"tags": ["a", "b"]})
    model.says_json({"tags": ["a"]})
    assert (await asked.ask("ai.extract", "Hello", data_schema=schema)).value["data"] == {"tags": ["a"]}
    assert (await refused(asked.ask("ai.extract", "Hello"))).details == {"field": "fields"}
    assert (await refused(asked.ask("ai.extract", "Hello", data_schema={"type": 5}))).code == "SCHEMA"


# -- ai.classify -----------------------------------------------------------------------------------------------------------

LABELS = [{"name": "complaint", "description": "Not content"}, {"name": "question"}]


@pytest.mark.parametrize(
    ("label", "confidence", "shown", "port"),
    [
        ("question", 0.9, "question", "label_2"),
        ("complaint", 0.5, "complaint", "label_1"),
        ("complaint", 0.4, None, "other"),
        ("none of these", 0.9, None, "other"),
        ("question", 7, "question", "label_2"),
    ],
)
async def test_a_text_goes_the_way_of_its_label(
    asked: Any, model: ModelServer, label: str, confidence: float, shown: Json, port: str
) -> None:
    model.says_json({"label": label, "confidence": confidence, "reason": "Because"})
    outcome = await asked.ask("ai.classify", "Why?", labels=LABELS, least_confidence=0.5)
    assert (outcome.value["label"], outcome.ports) == (shown, (port,))
    assert 0 <= outcome.value["confidence"] <= 1


async def test_a_made_up_label_is_sent_back(asked: Any, model: ModelServer) -> None:
    model.says_json({"label": "praise", "confidence": 1, "reason": "x"})
    model.says_json({"label": "question", "confidence": 1, "reason": "x"})
    assert (await asked.ask("ai.classify", "Why?", labels=LABELS)).ports == ("label_2",)


async def test_labels_are_different(asked: Any) -> None:
    with pytest.raises(ValidationError, match="another name"):
        await asked.ask("ai.classify", "Why?", labels=[{"name": "a"}, {"name": "A "}])


# -- ai.summarize ----------------------------------------------------------------------------------------------------------


async def test_a_short_text_is_asked_for_once(asked: Any, model: ModelServer) -> None:
    model.says("Short.")
    outcome = await asked.ask("ai.summarize", "A long story", style="headline", language="German", focus="prices")
    assert (outcome.value["text"], outcome.value["parts"]) == ("Short.", 1)
    told = model.asked[0]["messages"][0]["content"]
    assert all(word in told for word in ("German", "prices", "one line"))


async def test_a_long_text_is_read_in_parts_that_are_put_together(asked: Any, model: ModelServer) -> None:
    for number in range(4):
        model.says(f"Part {number}.")
    model.says("All of it.")
    text = "\n\n".join("word " * 80 for _ in range(4))
    outcome = await asked.ask("ai.summarize", text, part_chars=500)
    assert (outcome.value["text"], outcome.value["parts"]) == ("All of it.", 4)
    assert outcome.value["usage"]["requests"] == 5
    last = model.asked[-1]["messages"][-1]["content"]
    assert all(f"Part {number}." in last for number in range(4))


async def test_a_text_that_does_not_get_shorter_comes_to_an_end(asked: Any, model: ModelServer) -> None:
    assert (await refused(asked.ask("ai.summarize", "x" * 2_000, part_chars=500))).code == "TEXT_TOO_LONG"
    assert (await refused(asked.ask("ai.summarize", "word " * 100_000, part_chars=500))).details == {"field": "part_chars"}
    assert (
        await refused(asked.ask("ai.summarize", "word " * 2_000, part_chars=500, max_tokens_total=20))
    ).code == "BUDGET_EXCEEDED"


def test_parts_lose_nothing_and_are_cut_between_paragraphs() -> None:
    text = "One two three.\n\nFour five six. Seven eight nine ten eleven.\nTwelve"
    parts = list(parts_of(text, 30))
    assert parts[0] == "One two three."
    assert all(len(part) <= 30 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert [len(part) for part in parts_of("x" * 95, 30)] == [30, 30, 30, 5]


# -- ai.embed --------------------------------------------------------------------------------------------------------------


async def test_texts_become_vectors_in_their_order(asked: Any, model: ModelServer) -> None:
    outcome = await asked.ask("ai.embed", ["aab", "c"])
    assert [item["vector"] for item in outcome.value["items"]] == [[2, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    assert (outcome.value["dimensions"], outcome.value["usage"]) == (5, {"input_tokens": 2})
    many = await asked.ask("ai.embed", [f"a{number}" for number in range(70)], dimensions=5)
    assert len(many.value["items"]) == 70
    assert [len(call.json()["input"]) for call in model.calls("/v1/embeddings")] == [2, 64, 6]
    assert model.calls("/v1/embeddings")[-1].json()["dimensions"] == 5


async def test_the_nearest_text_comes_first(asked: Any) -> None:
    config = {"texts": ["ccc", "ab", "b"], "compare_with": "aabb", "with_vectors": False, "limit": 2}
    outcome = await asked.ask("ai.embed", **config)
    assert outcome.value["items"] == [{"text": "ab", "likeness": 1.0}, {"text": "b", "likeness": 0.707107}]


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        (Reply({"data": []}), "MODEL_ANSWER", True),
        (Reply({"data": [{"index": 0, "embedding": ["x"]}]}), "MODEL_ANSWER", True),
        (Reply("hello"), "MODEL_ANSWER", True),
        (Reply({"error": "no"}, 401), "HTTP_STATUS", False),
        (Reply({"error": "later"}, 429), "HTTP_STATUS", True),
    ],
)
async def test_a_server_that_gives_no_vectors(asked: Any, model: ModelServer, reply: Reply, code: str, retryable: bool) -> None:
    model.replies["/v1/embeddings"] = reply
    error = await refused(asked.ask("ai.embed", "a"))
    assert (error.code, error.retryable) == (code, retryable)


@pytest.mark.parametrize("texts", [[], [""], ["a"] * 501, None, ["a" * 100_001]], ids=["none", "empty", "many", "null", "long"])
async def test_texts_that_cannot_be_embedded(asked: Any, model: ModelServer, texts: Json) -> None:
    assert (await refused(asked.ask("ai.embed", texts))).code == "CONFIG_INVALID"
    assert model.seen == []


# -- ai.evaluate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected", "mark"),
    [
        ("equals", "It is 5.", 1),
        ("equals", "5", 0),
        ("contains", "IS 5", 1),
        ("contains_not", "six", 1),
        ("valid_json", None, 0),
        ("longest", 8, 1),
        ("longest", 7, 0),
        ("similar", "it is five", 0.6667),
        ("similar", "", 0),
    ],
)
async def test_marks_are_computed(asked: Any, model: ModelServer, kind: str, expected: Json, mark: float) -> None:
    outcome = await asked.ask("ai.evaluate", "It is 5.", checks=[{"kind": kind, "expected": expected}])
    assert outcome.value["results"][0]["mark"] == mark
    assert outcome.ports == ("output", "passed" if mark >= 0.8 else "failed")
    assert model.asked == []


async def test_a_model_judges_and_marks_are_weighed(asked: Any, model: ModelServer) -> None:
    model.says_json({"mark": 7, "reason": "Great"})
    model.says_json({"mark": 0.5, "reason": "It is rude"})
    checks = [{"kind": "judge", "expected": "Is it polite?", "weight": 3}, {"kind": "contains", "expected": "5"}]
    outcome = await asked.ask("ai.evaluate", "Five, you fool. 5", question="How many?", checks=checks, pass_score=0.7)
    assert (outcome.value["score"], outcome.value["passed"]) == (0.625, False)
    assert outcome.value["results"][0]["reason"] == "It is rude"
    assert "Is it polite?" in str(model.asked[0]["messages"][-1])


@pytest.mark.parametrize("check", [{"kind": "contains"}, {"kind": "longest", "expected": "ten"}, {"kind": "judge"}])
async def test_checks_that_lack_something(asked: Any, check: dict[str, Json]) -> None:
    assert (await refused(asked.ask("ai.evaluate", "Hello", checks=[check]))).details == {"field": "checks.0.expected"}
