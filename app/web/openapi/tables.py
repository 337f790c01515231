"""Data tables in the OpenAPI description."""

from __future__ import annotations

from app.services.table_columns import MAX_COLUMNS, TYPES
from app.services.table_queries import MAX_FILTERS, MAX_ROWS, OPERATORS
from app.web.openapi.calls import Answer, Body, Call, Parameter, Tables, made, ok
from app.web.openapi.kinds import ANY, FLAG, ID, MOMENT, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.parts import IF_MATCH
from app.web.openapi.shapes import asked, many, mapping, maybe, one_of, ref, text, thing, title, whole

NAME = title("customers", most=100)
DESCRIPTION = text("Who buys from us", most=500, pattern=r"^[^\u0000]*$")
COLUMN = thing(name=TEXT, type=one_of(*TYPES), required=FLAG, unique=FLAG, default=ANY, description=TEXT)
COLUMN_NAME = text("email", pattern="^[A-Za-z_][A-Za-z0-9_]{0,62}$")
NEW_COLUMN = asked(
    {"name": COLUMN_NAME}, type=one_of(*TYPES), required=FLAG, unique=FLAG, default=ANY, description=text(most=500)
)
NEW_COLUMNS = many(NEW_COLUMN, 1, MAX_COLUMNS)
TABLE = thing(
    id=ID, name=NAME, description=TEXT, columns=many(COLUMN), rows=WHOLE, revision=WHOLE, created_at=MOMENT, updated_at=MOMENT
)
ROW: Schema = {
    "type": "object",
    "required": ["id", "created_at", "updated_at"],
    "properties": {"id": WHOLE, "created_at": MOMENT, "updated_at": MOMENT},
    "additionalProperties": True,
    "description": "And a field for each column of the table.",
}
SCHEMAS: dict[str, Schema] = {"Table": TABLE, "Row": ROW}
COLUMNS_EXAMPLE = [{"name": "email", "type": "text", "unique": True}]
CONDITION = asked({"column": COLUMN_NAME}, operator=one_of(*sorted(OPERATORS)), value=ANY)
WHERE = {"where": many(CONDITION, 1, MAX_FILTERS)}
WHERE_EXAMPLE = [{"column": "email", "operator": "equals", "value": "ada@example.com"}]
NUMBER: dict[str, Schema] = {"row": text("7", pattern="^[0-9]{1,15}$")}
OK = thing(ok=FLAG)
FILE: Schema = {"type": "string", "format": "binary", "description": "CSV, a JSON list or JSON lines"}
FORMAT = Parameter("format", "csv or json", one_of("csv", "json"))

WATCH = thing(block_id=TEXT, accepted=WHOLE, failures=WHOLE, problem=TEXT, again_at=maybe(MOMENT), updated_at=MOMENT)

CALLS: Tables = {
    "GET /api/workflows/{workflow}/watches": Call(ok(thing(watches=many(WATCH)))),
    "GET /api/tables": Call(ok(thing(tables=many(ref("Table")), total=WHOLE))),
    "POST /api/tables": Call(
        made(ref("Table")),
        Body(
            asked({"name": NAME, "columns": NEW_COLUMNS}, description=DESCRIPTION, rows=many(OBJECT, most=MAX_ROWS)),
            {"name": "customers", "columns": COLUMNS_EXAMPLE},
        ),
        refusals=(409,),
    ),
    "GET /api/tables/{table}": Call(ok(ref("Table"), headers=("ETag",))),
    "PUT /api/tables/{table}": Call(
        ok(ref("Table"), headers=("ETag",)),
        Body(
            asked(name=NAME, description=DESCRIPTION, columns=NEW_COLUMNS, renames=mapping(COLUMN_NAME)),
            {"description": "Buyers"}, False,
        ),
        (IF_MATCH,), (409, 412),
    ),
    "DELETE /api/tables/{table}": Call(ok(OK)),
    "GET /api/tables/{table}/rows": Call(
        ok(thing(rows=many(ref("Row")), total=WHOLE, limit=WHOLE, offset=WHOLE)),
        parameters=(
            Parameter("where", "A JSON list of `{column, operator, value}`", text('[{"column":"id","operator":"not_empty"}]')),
            Parameter("any", "Whether one of them is enough", one_of("true", "false")),
            Parameter("sort", "A column; with `-` before it, downwards", TEXT),
            Parameter("limit", "How many", whole(1, 1_000, default=100)),
            Parameter("offset", "After how many", whole(0, 10_000_000, default=0)),
        ),
    ),
    "POST /api/tables/{table}/rows": Call(
        {**ok(thing(rows=many(ref("Row")))), **made(thing(rows=many(ref("Row"))))},
        Body(asked({"rows": many(OBJECT, 1, MAX_ROWS)}, column=COLUMN_NAME), {"rows": [{"email": "ada@example.com"}]}),
        refusals=(409,),
    ),
    "PATCH /api/tables/{table}/rows": Call(
        ok(thing(changed=WHOLE)),
        Body(asked({**WHERE, "values": OBJECT}, any=FLAG), {"where": WHERE_EXAMPLE, "values": {"email": ""}}), refusals=(409,),
    ),
    "DELETE /api/tables/{table}/rows": Call(
        ok(thing(deleted=WHOLE)), Body(asked(WHERE, any=FLAG), {"where": WHERE_EXAMPLE}), refusals=(409,)
    ),
    "GET /api/tables/{table}/rows/{row}": Call(ok(ref("Row"), headers=("ETag",)), paths=NUMBER),
    "PATCH /api/tables/{table}/rows/{row}": Call(
        ok(ref("Row"), headers=("ETag",)), Body(OBJECT, {"email": "ada@example.com"}, False), (IF_MATCH,), (409, 412), NUMBER
    ),
    "DELETE /api/tables/{table}/rows/{row}": Call(ok(OK), paths=NUMBER),
    "POST /api/tables/{table}/import": Call(
        ok(thing(imported=WHOLE, rows=WHOLE)), Body(FILE, "email\nada@example.com\n", kinds=("application/octet-stream",)),
        (
            Parameter("format", "What the body is; else its content type says it", FORMAT.schema),
            Parameter("mode", "What becomes of what is there", one_of("append", "upsert", "replace")),
            Parameter("column", "The unique column that `upsert` compares", TEXT),
        ),
        (409,),
    ),
    "GET /api/tables/{table}/export": Call(
        {200: Answer(ANY, "text/csv", "The whole table; with `format=json`, as JSON", other_kinds=("application/json",))},
        parameters=(FORMAT,),
    ),
}  # fmt: skip
