"""JSON, YAML and TOML: there and back, merges and patches, and what is refused."""

from typing import Any

import pytest

from app.sdk import File, Json

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("config", "value", "wanted"),
    [
        ({}, File("a.json", "application/json", b"\xef\xbb\xbf[1]").value(), [1]),
        ({}, {"a": [1]}, {"a": [1]}),
        ({"operation": "build", "indent": 2, "sort_keys": True}, {"b": 1, "a": "ü"}, '{\n  "a": "ü",\n  "b": 1\n}'),
        ({"operation": "parse_lines"}, '{"a": 1}\n\n[2]\r\n', [{"a": 1}, [2]]),
        ({"operation": "build_lines"}, [{"a": "ü"}, None], '{"a": "ü"}\nnull\n'),
        ({"operation": "merge", "change": {"a": {"b": None, "c": 1}}}, {"a": 5, "x": 1}, {"a": {"c": 1}, "x": 1}),
        ({"operation": "merge", "change": [1]}, {"a": 5}, [1]),
    ],
    ids=str,
)
async def test_json(run: Any, config: dict[str, Json], value: Json, wanted: Json) -> None:
    assert (await run("fmt.json", config, value)).value == wanted


@pytest.mark.parametrize(
    ("config", "value", "code", "words"),
    [
        ({}, '{"a": 1,\n "b" 2}', "NOT_JSON", "line 2, column 6"),
        ({}, "[NaN]", "NOT_JSON", "source"),
        ({}, "[" * 100_000, "NOT_JSON", "source"),
        ({}, "", "NOT_JSON", "line 1"),
        ({"operation": "parse_lines"}, {"a": 1}, "FILE_INVALID", "source"),
        ({"operation": "parse_lines"}, "[1]\n{", "NOT_JSON", "line 2"),
        ({"operation": "patch", "change": [{"op": "remove", "path": "/x"}]}, {}, "PATCH_INVALID", "change"),
        ({"operation": "patch", "change": [{"op": "test", "path": "/a", "value": 2}]}, {"a": 1}, "PATCH_INVALID", "change"),
        ({"operation": "patch", "change": "nonsense"}, {}, "PATCH_INVALID", "change"),
        ({"operation": "patch", "change": {"op": "add"}}, {}, "PATCH_INVALID", "change"),
        ({"operation": "patch", "change": [5]}, {}, "PATCH_INVALID", "change"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_is_no_json(refused: Any, config: dict[str, Json], value: Json, code: str, words: str) -> None:
    error = await refused("fmt.json", config, value)
    assert (error.code, words in error.message) == (code, True), error.message


@pytest.mark.parametrize(
    ("config", "value", "wanted"),
    [
        ({}, "a: 0o14\nb: yes\nc: 1_000\nd: ~\n5: e\nf: 2026-01-01T10:00:00Z", None),
        ({"documents": True}, "a: 1\n---\n- 2\n", [{"a": 1}, [2]]),
        ({}, "", None),
        ({"operation": "build"}, {"text": "a: b", "lines": "x\ny\n", "on": True, "u": "ü", "e": [], "o": {}}, None),
        ({"operation": "build", "documents": True}, [{"a": 1}, [2]], "---\na: 1\n---\n- 2\n"),
        ({"operation": "build", "language": "toml"}, {"a": {"b": [1, None], "c": None}}, "[a]\nb = [\n    1,\n]\n"),
        (
            {"language": "toml"},
            "when = 2026-01-01\nx = 1.5\n[[list]]\nn = 1",
            {"when": "2026-01-01", "x": 1.5, "list": [{"n": 1}]},
        ),
    ],
    ids=str,
)
async def test_yaml(run: Any, config: dict[str, Json], value: Json, wanted: Json) -> None:
    found = (await run("fmt.yaml", config, value)).value
    if value == "":
        assert found is None
    elif wanted is not None:
        assert found == wanted
    elif config:
        assert (await run("fmt.yaml", {}, found)).value == value
    else:
        assert found == {"a": 12, "b": "yes", "c": 1000, "d": None, "5": "e", "f": "2026-01-01T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("config", "value", "code", "words"),
    [
        ({}, "a: &x [1]\nb: *x\n", "NOT_YAML", "line 2: aliases"),
        ({}, "a: 1\na: 2", "NOT_YAML", "duplicate"),
        ({}, "a: [1\nb: 2", "NOT_YAML", "line"),
        ({}, "a: !!python/object/apply:os.system [id]", "NOT_YAML", "source"),
        ({}, "a: 1\n---\nb: 2", "NOT_YAML", "several documents"),
        ({}, "a: .inf", "NOT_JSON", "infinity"),
        ({}, "a" * 500_001, "FILE_TOO_LARGE", "source"),
        ({"language": "toml"}, "a = ", "NOT_TOML", "Invalid value"),
        ({"language": "toml"}, "a = nan", "NOT_JSON", "not-a-number"),
        ({"operation": "build", "language": "toml"}, [1], "ROOT_INVALID", "object"),
        ({}, 5, "FILE_INVALID", "source"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_is_no_yaml(refused: Any, config: dict[str, Json], value: Json, code: str, words: str) -> None:
    error = await refused("fmt.yaml", config, value)
    assert (error.code, words in error.message) == (code, True), error.message


async def test_nested_too_deep(refused: Any) -> None:
    assert (await refused("fmt.yaml", {}, "[" * 5_000)).code in ("TOO_DEEP", "NOT_YAML", "TIME_LIMIT", "WORKER_ENDED")
