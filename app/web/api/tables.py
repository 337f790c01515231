"""Data tables: `/api/tables`, each by id or name; their rows, and whole tables as files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from litestar import Response, delete, get, patch, post, put
from litestar.response import Stream

from app.sdk import Json
from app.services.actors import Actor
from app.services.data_tables import DataRow, DataTable
from app.services.errors import invalid, not_found
from app.services.surfaces import Surfaces
from app.services.table_columns import Column
from app.services.table_formats import kind_of
from app.services.table_queries import read_query, read_where
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_if_match, read_object, text_field
from app.web.presenters import moment

FILE_BYTES = 10_000_000
ROWS_BYTES = 8_000_000
READ, WRITE, DESIGN = needs("tables.read"), needs("tables.write"), needs("tables.design")
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@get("/api/tables", opt=READ)
async def list_tables(actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = [_table(table) for table in await surfaces.data_tables.list(actor)]
    return answer({"tables": found, "total": len(found)})


@post("/api/tables", opt=DESIGN, request_max_body_size=ROWS_BYTES)
async def create_table(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "name", "description", "columns", "rows")
    rows = body.get("rows", [])
    if not isinstance(rows, list):
        raise invalid("`rows` must be a list.", [{"field": "rows", "message": "must be a list"}])
    name, description = text_field(body, "name"), text_field(body, "description", "")
    return _one(await surfaces.data_tables.create(actor, name, body.get("columns"), description, rows), 201)


@get("/api/tables/{table:str}", opt=READ)
async def get_table(table: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return _one(await surfaces.data_tables.get(actor, table))


@put("/api/tables/{table:str}", opt=DESIGN)
async def change_table(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """What is left out stays. `renames` leads from old to new names of columns."""
    body = await read_object(request, "name", "description", "columns", "renames")
    changed = await surfaces.data_tables.change(
        actor,
        table,
        name=text_field(body, "name") if "name" in body else None,
        description=text_field(body, "description") if "description" in body else None,
        columns=body.get("columns"),
        renames=body.get("renames"),
        if_match=read_if_match(request),
    )
    return _one(changed)


@delete("/api/tables/{table:str}", opt=DESIGN, status_code=200)
async def delete_table(table: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.data_tables.delete(actor, table)
    return answer({"ok": True})


# -- rows ------------------------------------------------------------------------------------------------------------


@get("/api/tables/{table:str}/rows", opt=READ)
async def find_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """`where` is a JSON list of `{column, operator, value}`; `any=true`: one of them is enough; `sort` may begin with `-`."""
    asked = request.query_params
    query = read_query(
        {
            "where": read_where(asked.get("where", "")),
            "any": _flag(asked.get("any", "false"), "any"),
            "sort": asked.get("sort", ""),
            "limit": _number(asked.get("limit", "100"), "limit"),
            "offset": _number(asked.get("offset", "0"), "offset"),
        }
    )
    found = await surfaces.data_tables.find(actor, table, query)
    rows = [_row(row, found.table.columns) for row in found.rows]
    return answer({"rows": rows, "total": found.total, "limit": query.limit, "offset": query.offset})


@post("/api/tables/{table:str}/rows", opt=WRITE, request_max_body_size=ROWS_BYTES)
async def add_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """`{rows}` are added; with `column`, those that have the same value in that unique column are changed instead."""
    body = await read_object(request, "rows", "column")
    columns = (await surfaces.data_tables.get(actor, table)).columns
    if "column" in body:
        done = await surfaces.data_tables.upsert(actor, table, body.get("rows"), text_field(body, "column"))
    else:
        done = await surfaces.data_tables.insert(actor, table, body.get("rows"))
    return answer({"rows": [_row(row, columns) for row in done]}, 200 if "column" in body else 201)


@patch("/api/tables/{table:str}/rows", opt=WRITE)
async def change_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """`{where, any?, values}`: every row that fits."""
    body = await read_object(request, "where", "any", "values")
    _needs_condition(body)
    return answer({"changed": await surfaces.data_tables.change_found(actor, table, read_query(body), body.get("values"))})


@delete("/api/tables/{table:str}/rows", opt=WRITE, status_code=200)
async def delete_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """`{where, any?}`: every row that fits."""
    body = await read_object(request, "where", "any")
    _needs_condition(body)
    return answer({"deleted": await surfaces.data_tables.delete_found(actor, table, read_query(body))})


@get("/api/tables/{table:str}/rows/{row:str}", opt=READ)
async def get_row(table: str, row: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    columns = (await surfaces.data_tables.get(actor, table)).columns
    return _one_row(await surfaces.data_tables.row(actor, table, read_row_id(row)), columns)


@patch("/api/tables/{table:str}/rows/{row:str}", opt=WRITE)
async def change_row(table: str, row: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """The body is an object of columns and values; columns that are left out stay."""
    body = await read_object(request)
    columns = (await surfaces.data_tables.get(actor, table)).columns
    changed = await surfaces.data_tables.change_row(actor, table, read_row_id(row), body, read_if_match(request))
    return _one_row(changed, columns)


@delete("/api/tables/{table:str}/rows/{row:str}", opt=WRITE, status_code=200)
async def delete_row(table: str, row: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.data_tables.delete_row(actor, table, read_row_id(row))
    return answer({"ok": True})


# -- files -----------------------------------------------------------------------------------------------------------


@post("/api/tables/{table:str}/import", opt=WRITE, status_code=200, request_max_body_size=FILE_BYTES)
async def import_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """The body is CSV, a JSON list or JSON lines; `mode` is append, upsert (with `column`) or replace."""
    asked = request.query_params
    kind = asked.get("format") or kind_of("", request.headers.get("content-type", ""))
    mode, column = asked.get("mode") or "append", asked.get("column", "")
    done = await surfaces.table_files.take_in(actor, table, await request.body(), kind, mode, column)
    return answer({"imported": done.rows, "rows": done.total})


@get("/api/tables/{table:str}/export", opt=READ)
async def export_rows(table: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Stream:
    """The whole table; `format` is csv or json."""
    kind = request.query_params.get("format") or "csv"
    found, content = await surfaces.table_files.give_out(actor, table, kind)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", found.name, flags=re.ASCII).strip("-") or "table"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return Stream(content, media_type=MEDIA_TYPES[kind], headers=headers)


def _one(table: DataTable, status: int = 200) -> Response[bytes]:
    return answer(_table(table), status, {"ETag": f'"{table.revision}"'})


def _table(table: DataTable) -> dict[str, Json]:
    return {
        "id": table.id,
        "name": table.name,
        "description": table.description,
        "columns": [column.as_json() for column in table.columns],
        "rows": table.rows,
        "revision": table.revision,
        "created_at": moment(table.created_at),
        "updated_at": moment(table.updated_at),
    }


def _one_row(row: DataRow, columns: Sequence[Column]) -> Response[bytes]:
    return answer(_row(row, columns), 200, {"ETag": f'"{row.revision}"'})


def _row(row: DataRow, columns: Sequence[Column]) -> dict[str, Json]:
    values = {column.name: row.content.get(column.name) for column in columns}
    return {"id": row.id, **values, "created_at": moment(row.created_at), "updated_at": moment(row.updated_at)}


def read_row_id(text: str) -> int:
    """The number of a row. Raises 404 for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise not_found("row", text)
    return int(text)


def _flag(text: str, name: str) -> bool:
    if text not in ("", "true", "false"):
        raise invalid(f"`{name}` must be true or false.", [{"field": name, "message": "must be true or false"}])
    return text == "true"


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid(f"`{name}` must be a whole number.", [{"field": name, "message": "must be a whole number"}])
    return int(text)


def _needs_condition(body: dict[str, Json]) -> None:
    """Whoever means all rows says that `id` is `not_empty`."""
    if not body.get("where"):
        raise invalid("`where` must have a condition.", [{"field": "where", "message": "must have a condition"}])


ROUTES = [
    list_tables,
    create_table,
    get_table,
    change_table,
    delete_table,
    find_rows,
    add_rows,
    change_rows,
    delete_rows,
    get_row,
    change_row,
    delete_row,
    import_rows,
    export_rows,
]
