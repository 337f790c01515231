"""The pages of data tables: all of them, and one with its rows, to look through, edit, take in and give out."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Response

from app.sdk import TableFilter, TableQuery
from app.services.actors import Actor
from app.services.data_tables import FoundRows
from app.services.errors import ServiceError, invalid
from app.services.pages import Page
from app.services.surfaces import Surfaces
from app.services.table_columns import TYPES
from app.services.table_formats import kind_of
from app.services.table_queries import OPERATORS
from app.web.api.tables import DESIGN, FILE_BYTES, READ, WRITE, read_row_id
from app.web.bodies import read_paging
from app.web.pages.context import AnyRequest, page, posted_texts, see_other
from app.web.table_cells import cells_of, read_cell, read_cells, shown_cell

SIZE: Final = 50
WORDS: Final = {
    "contains": "contains",
    "starts_with": "begins with",
    "equals": "is",
    "not_equals": "is not",
    "greater": "is more than",
    "at_least": "is at least",
    "less": "is less than",
    "at_most": "is at most",
    "empty": "is empty",
    "not_empty": "is not empty",
}


@get("/tables", opt=READ)
async def tables_page(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _list(request, actor, surfaces)


@post("/tables", opt=DESIGN, request_max_body_size=FILE_BYTES)
async def create_table(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    """From columns that were typed, or from a file."""
    form = await posted_texts(request)
    try:
        content, name = await _file(request)
        if content:
            kind = kind_of(name)
            made = await surfaces.table_files.make_of(actor, form.get("name", ""), content, kind)
        else:
            made = await surfaces.data_tables.create(actor, form.get("name", ""), _typed_columns(form.get("columns", "")))
    except ServiceError as error:
        return await _list(request, actor, surfaces, form, error)
    return see_other(f"/tables/{made.id}")


@get("/tables/{table:str}", opt=READ)
async def table_page(table: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _one(table, request, actor, surfaces)


@post("/tables/{table:str}", opt=DESIGN, status_code=200)
async def change_table(table: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    try:
        await surfaces.data_tables.change(actor, table, name=form.get("name", ""), description=form.get("description", ""))
    except ServiceError as error:
        return await _one(table, request, actor, surfaces, error)
    return see_other(f"/tables/{table}?done=table-changed")


@post("/tables/{table:str}/delete", opt=DESIGN)
async def delete_table(table: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.data_tables.delete(actor, table)
    return see_other("/tables?done=table-deleted")


@post("/tables/{table:str}/columns", opt=DESIGN, status_code=200)
async def change_columns(table: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    """Add a column, or change or remove the one that is named as `old`."""
    form = await posted_texts(request)
    old, new = form.get("old", ""), form.get("name", "").strip()
    flags = {flag: form.get(flag) == "on" for flag in ("required", "unique")}
    try:
        columns = [column.as_json() for column in (await surfaces.data_tables.get(actor, table)).columns]
        renames = {}
        if form.get("do") == "remove":
            columns = [column for column in columns if column["name"] != old]
        elif old:
            changed = {"name": new, "type": form.get("type", "text"), **flags}
            columns = [column | changed if column["name"] == old else column for column in columns]
            renames = {old: new} if new != old else {}
        else:
            columns.append({"name": new, "type": form.get("type", "text"), **flags})
        await surfaces.data_tables.change(actor, table, columns=columns, renames=renames)
    except ServiceError as error:
        return await _one(table, request, actor, surfaces, error)
    return see_other(f"/tables/{table}?done=table-changed")


@post("/tables/{table:str}/rows", opt=WRITE, status_code=200)
async def add_row(table: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    try:
        columns = (await surfaces.data_tables.get(actor, table)).columns
        await surfaces.data_tables.insert(actor, table, [read_cells(columns, form)])
    except ServiceError as error:
        return await _one(table, request, actor, surfaces, error, form)
    return see_other(f"/tables/{table}?sort=-id&done=row-added")


@post("/tables/{table:str}/rows/{row:str}/cell", opt=WRITE, status_code=200)
async def change_cell(table: str, row: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """One cell that was edited: as it is now, or as it was typed with what is wrong with it."""
    form = await posted_texts(request)
    found = await surfaces.data_tables.get(actor, table)
    column = next((column for column in found.columns if column.name == form.get("column")), None)
    if column is None:
        raise invalid("`column` must be one of the table.")
    text, problem = form.get("value", ""), ""
    try:
        changed = await surfaces.data_tables.change_row(actor, table, read_row_id(row), {column.name: read_cell(column, text)})
        shown = shown_cell(column, changed.content.get(column.name))
    except ServiceError as error:
        if error.status == 404:
            raise
        problem = str(error.details[0]["message"]) if error.details else error.message
        shown = shown_cell(column, text, typed=True)
    status = 400 if problem else 200
    cell = {"table": found, "row_id": row, "cell": shown, "problem": problem, "saved": not problem}
    return page(request, "partials/table_cell_alone.html", actor, status_code=status, **cell)


@post("/tables/{table:str}/rows/{row:str}/delete", opt=WRITE)
async def delete_row(table: str, row: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    await surfaces.data_tables.delete_row(actor, table, read_row_id(row))
    return see_other(f"/tables/{table}?done=row-deleted")


@post("/tables/{table:str}/import", opt=WRITE, status_code=200, request_max_body_size=FILE_BYTES)
async def import_rows(table: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    try:
        content, name = await _file(request)
        mode, column = form.get("mode", "append"), form.get("column", "")
        await surfaces.table_files.take_in(actor, table, content, kind_of(name), mode, column)
    except ServiceError as error:
        return await _one(table, request, actor, surfaces, error)
    return see_other(f"/tables/{table}?sort=-id&done=rows-imported")


async def _list(
    request: AnyRequest, actor: Actor, surfaces: Surfaces, form: dict[str, str] | None = None, error: ServiceError | None = None
) -> Response[bytes]:
    typed = form or {}
    return page(
        request,
        "pages/tables.html",
        actor,
        status_code=error.status if error else 200,
        tables=await surfaces.data_tables.list(actor),
        typed={"name": typed.get("name", ""), "columns": typed.get("columns", "")},
        types=TYPES,
        error=error.message if error else "",
    )


async def _one(
    table: str,
    request: AnyRequest,
    actor: Actor,
    surfaces: Surfaces,
    error: ServiceError | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    if error is not None and error.status == 404:
        raise error
    asked = request.query_params
    query = {name: asked.get(name, "") for name in ("column", "operator", "value", "sort")}
    number = read_paging(request).page
    problem = error
    try:
        found = await surfaces.data_tables.find(actor, table, _query(query, number))
    except ServiceError as refused:
        if refused.status == 404:
            raise
        problem = problem or refused
        found = await surfaces.data_tables.find(actor, table, TableQuery(limit=SIZE))
    return page(
        request,
        "pages/table.html",
        actor,
        status_code=problem.status if problem else 200,
        table=found.table,
        view=_view(found, number),
        new=[shown_cell(column, (typed or {}).get(f"cell.{column.name}", ""), typed=True) for column in found.table.columns],
        query=query,
        words=WORDS,
        types=TYPES,
        may_write=actor.allows("tables.write"),
        may_design=actor.allows("tables.design"),
        error=problem.message if problem else "",
    )


def _view(found: FoundRows, number: int) -> Page[object]:
    rows = [{"id": row.id, "cells": cells_of(found.table.columns, row)} for row in found.rows]
    return Page(rows, found.total, number, SIZE)


def _query(query: dict[str, str], number: int) -> TableQuery:
    """What the form above the rows asks for."""
    sort, filters = query["sort"], ()
    operator = query["operator"] if query["operator"] in OPERATORS else "contains"
    if query["column"] and (query["value"] or operator in ("empty", "not_empty")):
        filters = (TableFilter(query["column"], operator, query["value"]),)  # type: ignore[arg-type,assignment]
    return TableQuery(filters, False, sort.removeprefix("-"), sort.startswith("-"), SIZE, max(0, number) * SIZE)


def _typed_columns(text: str) -> list[dict[str, str]]:
    """`email, age:number` as columns."""
    parts = [part.partition(":") for part in text.replace("\n", ",").split(",") if part.strip()]
    return [{"name": name.strip(), "type": kind.strip() or "text"} for name, _, kind in parts]


async def _file(request: AnyRequest) -> tuple[bytes, str]:
    """Content and name of the file of a form; empty when none was chosen."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile):
        return b"", ""
    return await file.read(), file.filename or ""


ROUTES = (
    tables_page,
    create_table,
    table_page,
    change_table,
    delete_table,
    change_columns,
    add_row,
    change_cell,
    delete_row,
    import_rows,
)
