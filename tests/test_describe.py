"""From one declaration: form, schema, palette entry, manifest, documentation and problems."""

import json
from enum import Enum
from typing import Annotated, Literal

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import Field

from app.catalog import Catalog
from app.describe import (
    FormField,
    config_schema,
    documentation,
    form,
    manifest,
    palette_entry,
    validate_config,
)
from app.sdk import (
    AnyJson,
    Block,
    Code,
    Config,
    Context,
    CredentialName,
    Expression,
    Json,
    Multiline,
    Output,
    Port,
    SecretText,
    WorkflowName,
    kind,
)

CATALOG = Catalog.load()
BLOCKS = list(CATALOG)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(Config):
    name: str = Field(description="A name.", min_length=1)
    weight: float | None = Field(None, ge=0, le=1.5, description="A weight.")


class Sample(Config):
    """Every kind of field once."""

    word: str = Field("x", title="A word", description="Help.", json_schema_extra={"placeholder": "type here"})
    long: Multiline = Field("", description="Help.")
    count: int = Field(ge=1, le=9, description="Help.", json_schema_extra={"initial": 3})
    share: float = Field(0.5, gt=0, description="Help.")
    on: bool = Field(False, description="Help.", json_schema_extra={"advanced": True})
    pick: Literal["a", "b"] = Field("a", description="Help.")
    colour: Colour = Field(Colour.RED, description="Help.")
    anything: AnyJson = Field(None, description="Help.")
    source: Code = Field("", description="Help.", max_length=20)
    check: Expression = Field("", description="Help.")
    secret: SecretText = Field("", description="Help.", json_schema_extra={"mint": "uuid"})
    hook: Annotated[str, kind("webhook_id", mint="uuid")] = Field("", description="Help.")
    pairs: dict[str, str] = Field(default_factory=dict, description="Help.")
    table: dict[str, int] = Field(default_factory=dict, description="Help.")
    flow: WorkflowName = Field("", description="Help.")
    login: CredentialName = Field("", description="Help.")
    inner: Inner | None = Field(None, description="Help.")
    inners: list[Inner] = Field(default_factory=list, description="Help.", max_length=3)
    words: list[str] = Field(default_factory=list, description="Help.")
    sources: list[Code] = Field(default_factory=list, description="Help.")


async def execute(context: Context, config: Sample, value: Json) -> Output:
    return Output(value)


SAMPLE = Block(
    "sample",
    "Sample",
    "Flow",
    "box",
    "A sample.",
    Sample,
    execute,
    outputs=(Port("way_{n}", "Way {n}", each="count"), Port("else")),
    documentation="One line.\n\nA second\nparagraph.",
)
FIELDS = {field.name: field for field in form(SAMPLE)}


def test_every_kind_of_field() -> None:
    assert {name: field.kind for name, field in FIELDS.items()} == {
        "word": "text", "long": "multiline", "count": "integer", "share": "number", "on": "switch", "pick": "choice",
        "colour": "choice", "anything": "json", "source": "code", "check": "expression", "secret": "secret", "hook": "webhook_id",
        "pairs": "pairs", "table": "json", "flow": "workflow", "login": "credential", "inner": "object", "inners": "list",
        "words": "list", "sources": "list",
    }  # fmt: skip


def test_what_a_field_says() -> None:
    assert FIELDS["word"] == FormField("word", "text", "A word", "Help.", default="x", placeholder="type here")
    assert (FIELDS["count"].required, FIELDS["count"].minimum, FIELDS["count"].maximum, FIELDS["count"].default) == (
        True,
        1,
        9,
        None,
    )
    assert FIELDS["share"].minimum == 0
    assert FIELDS["on"].advanced
    assert FIELDS["colour"].choices == ("red", "blue")
    assert FIELDS["colour"].default == "red"


def test_nested_fields() -> None:
    inner = (
        FormField("name", "text", "Name", "A name.", required=True),
        FormField("weight", "number", "Weight", "A weight.", minimum=0, maximum=1.5),
    )
    assert FIELDS["inner"].fields == inner
    assert not FIELDS["inner"].required
    assert FIELDS["inners"].fields == inner
    assert [(field.name, field.kind) for field in FIELDS["words"].fields + FIELDS["sources"].fields] == [
        ("", "text"),
        ("", "code"),
    ]


def test_the_schema_is_in_one_piece_and_keeps_the_kinds() -> None:
    schema = config_schema(SAMPLE)
    assert "$ref" not in json.dumps(schema)
    assert "$defs" not in schema
    assert schema["properties"]["source"]["kind"] == "code"
    assert schema["properties"]["sources"]["items"]["kind"] == "code"
    assert schema["properties"]["inners"]["items"]["properties"]["name"]["minLength"] == 1
    assert schema["properties"]["inner"]["description"] == "Help."


def test_the_palette_entry_has_starting_values_and_what_the_browser_mints() -> None:
    entry = palette_entry(SAMPLE)
    assert entry["defaults"] | {"count": 3, "pick": "a", "colour": "red", "inners": []} == entry["defaults"]
    assert "anything" not in entry["defaults"]
    assert entry["mint"] == {"secret": "uuid", "hook": "uuid"}
    assert entry["outputs"][0] == {"name": "way_{n}", "title": "Way {n}", "each": "count", "skip": 0}
    assert entry["inputs"] == [{"name": "input", "title": ""}]


def test_the_manifest_names_ports_and_needs() -> None:
    described = manifest(SAMPLE)
    assert set(described) == {
        "id", "name", "category", "description", "inputSchema", "outputSchema", "effect", "version", "icon", "ports", "requires",
    }  # fmt: skip
    assert [port["name"] for port in described["ports"]["outputs"]] == ["way_{n}", "else", "error"]


def test_the_documentation_has_paragraphs_and_nested_fields() -> None:
    page = documentation(SAMPLE)
    assert page["paragraphs"] == ["One line.", "A second paragraph."]
    assert [field["name"] for field in page["fields"][17]["fields"]] == ["name", "weight"]


def problems(config: dict[str, Json]) -> list[tuple[str, str]]:
    return [(problem.field, problem.message) for problem in validate_config(SAMPLE, config)]


@pytest.mark.parametrize(
    ("config", "field", "message"),
    [
        ({}, "count", "Count: is needed"),
        ({"count": 10}, "count", "Count: must be at most 9"),
        ({"count": 0}, "count", "Count: must be at least 1"),
        ({"count": "many"}, "count", "Count: must be a whole number"),
        ({"count": 1.5}, "count", "Count: must be a whole number"),
        ({"count": 1, "share": 0}, "share", "Share: must be more than 0"),
        ({"count": 1, "on": "perhaps"}, "on", "On: must be yes or no"),
        ({"count": 1, "pick": "c"}, "pick", "Pick: must be one of 'a' or 'b'"),
        ({"count": 1, "colour": "green"}, "colour", "Colour: must be one of 'red' or 'blue'"),
        ({"count": 1, "word": 5}, "word", "A word: must be text"),
        ({"count": 1, "pairs": {"a": 1}}, "pairs.a", "Pairs, a: must be text"),
        ({"count": 1, "pairs": []}, "pairs", "Pairs: must be an object of names and values"),
        ({"count": 1, "words": "a"}, "words", "Words: must be a list"),
        ({"count": 1, "words": ["a", 2]}, "words.1", "Words 2: must be text"),
        ({"count": 1, "inners": [{"name": "a"}, {"name": ""}]}, "inners.1.name", "Inners 2, Name: is needed"),
        ({"count": 1, "inners": [{"name": "a", "weight": 2}]}, "inners.0.weight", "Inners 1, Weight: must be at most 1.5"),
        ({"count": 1, "inners": [{"name": "a"}] * 4}, "inners", "Inners: must have at most 3 entries"),
        ({"count": 1, "inner": 5}, "inner", "Inner: must be an object of names and values"),
        ({"count": 1, "speed": 5}, "speed", "speed: is not a setting of this block"),
    ],
)
def test_a_problem_in_plain_words_at_its_place(config: dict[str, Json], field: str, message: str) -> None:
    assert problems(config) == [(field, message)]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems({"count": 0, "on": "x", "inners": [{}]})) == 3


@pytest.mark.parametrize("template", ["{{ variables.n }}", "${LIMIT}", "<fetch.output.n>", "about {{ 5 }}"])
def test_any_value_may_come_where_a_template_stands(template: str) -> None:
    assert (
        problems(
            {
                "count": template,
                "on": template,
                "pick": template,
                "inners": template,
                "inner": {"name": template, "weight": template},
            }
        )
        == []
    )


def test_source_text_is_no_template() -> None:
    assert problems({"count": 1, "source": "{{ a }} " * 5}) == [("source", "Source: must have at most 20 characters")]


def test_templates_excuse_only_their_own_place() -> None:
    assert problems({"count": "{{ 1 }}", "on": "x"}) == [("on", "On: must be yes or no")]
    assert problems({"count": "a < b"}) == [("count", "Count: must be a whole number")]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_a_block_explains_itself(block: Block) -> None:
    assert len(block.documentation.split()) > 15
    assert all((block.title, block.icon))
    assert block.description.endswith(".")
    assert block.examples
    assert block.output_schema
    json.dumps([palette_entry(block), manifest(block), documentation(block)], allow_nan=False)


def without_help(fields: tuple[FormField, ...], path: str = "") -> list[str]:
    bare: list[str] = []
    for field in fields:
        if field.name and not (field.title and field.help):
            bare.append(f"{path}{field.name}")
        bare += without_help(field.fields, f"{path}{field.name}.")
    return bare


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_every_field_of_a_block_has_help(block: Block) -> None:
    assert without_help(form(block)) == []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_the_examples_of_a_block_are_valid(block: Block) -> None:
    for example in block.examples:
        assert validate_config(block, example.config) == [], example.title


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_a_block_just_placed_lacks_only_what_a_person_must_fill_in(block: Block) -> None:
    entry = palette_entry(block)
    minted = dict.fromkeys(entry["mint"], "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11")
    assert all(problem.message.endswith("is needed") for problem in validate_config(block, entry["defaults"] | minted))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_what_decides_whether_a_field_is_shown_is_a_choice_beside_it(block: Block) -> None:
    beside = {field.name: field for field in form(block)}
    for field in beside.values():
        for name, values in field.when:
            assert (beside[name].kind, set(values) - set(beside[name].choices)) == ("choice", set()), field.name


NATIVE = [block for block in BLOCKS if block.outputs and not CATALOG.is_service(block.type)]


@pytest.mark.parametrize("block", NATIVE, ids=lambda block: block.type)
def test_what_a_block_gives_is_known_before_it_runs(block: Block) -> None:
    assert vague(block.output_schema) == []
    wrong = [
        f"{example.title}: {error.message}"
        for example in block.examples
        for error in Draft202012Validator(block.output_schema).iter_errors(example.output)
    ]
    assert wrong == []


def vague(schema: Json, path: str = "output") -> list[str]:
    """The places of which a schema tells neither what is in them nor, in words, what they are."""
    if not isinstance(schema, dict) or ("description" in schema and path != "output"):
        return []
    inner = {f"{path}.{name}": one for name, one in schema.get("properties", {}).items()} | (
        {f"{path}[]": schema["items"]} if "items" in schema else {}
    )
    bare = [path] if schema.get("type") in ("object", "array", None) and not inner and "description" not in schema else []
    return bare + [place for name, one in inner.items() if isinstance(one, dict) and one for place in vague(one, name)]
