"""Descriptions of three public services become presets, and what cannot be taken over is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.formats.yaml import read_yaml
from app.presets.library import Presets, compiled
from app.presets.manifest import Operation
from app.presets.openapi import Imported, NotOpenApi, from_openapi
from app.sdk import Json
from tests.presets.conftest import World
from tests.presets.test_recorded import credential_of, differences

pytestmark = pytest.mark.anyio
DATA = Path(__file__).parents[1] / "data" / "openapi"
PETSTORE = "https://petstore3.swagger.io/api/v3"


def document(name: str) -> Json:
    text = (DATA / name).read_text()
    return json.loads(text) if name.endswith(".json") else read_yaml(text).value


def imported(name: str, **more: str) -> Imported:
    return from_openapi(document(name), **more)


def shape(operation: Operation) -> dict[str, tuple[str, str]]:
    return {name: (one.into, one.type) for name, one in operation.params.items()}


def test_the_petstore() -> None:
    found = imported("petstore.yaml", base_url=PETSTORE)
    operations = found.manifest.operations
    assert (found.manifest.id, found.manifest.name, found.manifest.docs_url) == ("petstore", "Petstore", "https://swagger.io")
    assert list(operations) == [
        "update_pet", "add_pet", "find_pets_by_status", "find_pets_by_tags", "get_pet_by_id", "delete_pet", "upload_file",
        "place_order",
    ]  # fmt: skip
    assert [(auth.kind, auth.name) for auth in found.manifest.auth] == [("bearer", "Authorization"), ("api_key", "api_key")]
    assert shape(operations["add_pet"]) == {
        "name": ("body", "text"), "photo_urls": ("body", "list"), "id": ("body", "integer"), "category": ("body", "object"),
        "tags": ("body", "json"), "status": ("body", "choice"),
    }  # fmt: skip
    assert [name for name, one in operations["add_pet"].params.items() if one.required] == ["name", "photo_urls"]
    assert operations["find_pets_by_status"].params["status"].choices == ("available", "pending", "sold")
    assert (operations["get_pet_by_id"].effect, operations["delete_pet"].effect) == ("read", "write")
    assert operations["upload_file"].encoding == "raw"
    assert found.notes == ["GET /user/login was left out: it needs the cookie `session`."]


def test_a_part_of_github() -> None:
    found = imported("github.json", id="gh")
    operations = found.manifest.operations
    assert operations["issues_list_for_repo"].paging is not None
    assert operations["issues_list_for_repo"].paging.mode == "link"
    assert operations["issues_list_for_repo"].description == "List issues in a repository."
    assert operations["issues_create"].sample.status == 201
    assert operations["issues_create"].params["title"].type == "text"
    assert operations["issues_lock"].path == "/repos/{owner}/{repo}/issues/{issue_number}/lock"
    assert (operations["markdown_render_raw"].encoding, operations["markdown_render_raw"].answer) == ("raw", "text")
    assert operations["repos_download_zipball_archive"].answer == "file"
    assert any("no way to sign in" in note for note in found.notes)
    assert imported("github.json", auth="bearer").manifest.auth[0].kind == "bearer"


def test_a_part_of_stripe() -> None:
    operations = imported("stripe.json").manifest.operations
    paging = operations["get_customers"].paging
    assert paging is not None
    assert (paging.mode, paging.items, paging.next, paging.more, paging.param) == (
        "cursor", "data", "data.-1.id", "has_more", "starting_after",
    )  # fmt: skip
    assert set(operations["get_customers"].params) == {"email", "limit"}
    assert operations["post_customers"].encoding == "form"
    assert operations["post_charges"].sample.body == {"amount": "1", "currency": "text"}
    assert operations["get_files_file"].answer == "file"


@pytest.mark.parametrize("name", ["petstore.yaml", "github.json", "stripe.json"])
async def test_every_imported_operation_works(name: str, tmp_path: Path, world: World) -> None:
    manifest = imported(name, id="imported", base_url=PETSTORE if "pet" in name else "", auth="bearer").manifest
    (tmp_path / "imported.jsonl").write_bytes(compiled([manifest]))
    presets, wrong = Presets.load(tmp_path), {}
    for one, operation in manifest.operations.items():
        block = presets.get(f"imported.{one}")
        assert block is not None
        world.service.seen.clear()
        world.service.says(operation.sample.answer, operation.sample.status)
        if operation.paging is not None:
            world.service.says({"data": [], "has_more": False})
        credential = {"credential": credential_of(manifest)}
        output = await world.run(block, {**credential, **operation.sample.params})
        found = differences(manifest, operation, world.service.seen[0], output)
        found.pop("output", None)
        if found:
            wrong[one] = found
    assert wrong == {}


def test_only_some_paths() -> None:
    operations = imported("petstore.yaml", base_url=PETSTORE, only="/store").manifest.operations
    assert list(operations) == ["place_order"]


def changed(**more: Any) -> Json:
    plain = {"openapi": "3.1.0", "info": {"title": "X"}, "servers": [{"url": "https://x.example"}], "paths": {}}
    return {**plain, **more}


GET = {"responses": {"200": {"description": "ok"}}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no OpenAPI description"),
        ({"swagger": "2.0"}, "Only OpenAPI 3.0 and 3.1"),
        (changed(), "no operation"),
        (changed(servers=[{"url": "/api"}]), "--base-url"),
        (changed(servers=[{"url": "https://user:pw@x.example"}], paths={"/a": {"get": GET}}), "base_url"),
        (changed(paths={"/a/{b}": {"get": GET}}), "no operation"),
        (changed(paths={"/a b": {"get": GET}}), "no operation"),
        (changed(paths={"/a": {"get": 5}, "/b": 7}), "no operation"),
    ],
)
def test_what_cannot_be_imported_is_told(given: Json, words: str) -> None:
    with pytest.raises(NotOpenApi, match=words):
        from_openapi(given)


def test_a_schema_that_contains_itself_ends() -> None:
    node = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/N"}, "b": {"$ref": "#/components/schemas/N"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/N"}}}}
    given = changed(
        paths={f"/a{n}": {"post": {"requestBody": body, **GET}} for n in range(50)},
        components={
            "schemas": {"N": {**node, "allOf": [{"$ref": "#/components/schemas/N"}]}, "M": {"$ref": "#/components/schemas/M"}}
        },
    )
    assert len(from_openapi(given).manifest.operations) == 50


def test_references_to_elsewhere_are_not_followed() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "file:///etc/passwd"}}}}
    found = from_openapi(changed(paths={"/a": {"post": {"requestBody": body, **GET}}}))
    assert any("not followed: file:///etc/passwd" in note for note in found.notes)


def test_names_that_a_field_cannot_have() -> None:
    names = ["json", "model_name", "credential", "copy", "a.b", "9", "Ü", "secret"]
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    operations = from_openapi(changed(paths={"/a": {"get": {"parameters": parameters, **GET}}})).manifest.operations
    assert [one.at or name for name, one in operations["get_a"].params.items()] == names
