"""Nodes of n8n that change data."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.n8n.conditions import rules
from app.formats.n8n.expressions import Scope, literal
from app.formats.n8n.flow_nodes import Mapper
from app.formats.n8n.node import SAME, Mapped, Node, OutViews
from app.sdk import Json

FUNCTIONS = {
    "average": "average", "sum": "sum", "min": "min", "max": "max", "count": "count", "countUnique": "distinct",
    "append": "concatenate", "concatenate": "concatenate",
}  # fmt: skip
HASHES = {"MD5": "md5", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512", "SHA1": "sha1", "SHA3-256": "sha3_256"}


def set_fields(node: Node) -> Mapped | None:
    if node.raw("mode") in ("raw", "json"):
        return _raw(node)
    found: list[tuple[str, Json]] = [
        (str(one.get("name", "")), node.read(one.get("value"), str(one.get("name"))))
        for one in node.listed("assignments.assignments")
    ]
    for one in node.listed("fields.values"):
        value = next((child for key, child in one.items() if key.endswith("Value")), None)
        found.append((str(one.get("name", "")), node.read(value, str(one.get("name")))))
    for kind in ("string", "number", "boolean"):
        listed = node.listed(f"values.{kind}")
        found += [(str(one.get("name", "")), node.read(one.get("value"), str(one.get("name")))) for one in listed]
    fields = [{"name": name, "value": value} for name, value in found if name]
    keeps = (
        node.flag("includeOtherFields", node.raw("include", "none") == "all")
        if node.version >= 3
        else not node.flag("keepOnlySet")
    )
    config = {"fields": fields, "others": "keep" if keeps else "drop"}
    own: OutViews = tuple((tuple(name.split(".")), f".{name}") for name, _ in found if name)
    return Mapped("data.set", config, views=own if keeps else SAME, passes=keeps)


def _raw(node: Node) -> Mapped:
    value = node.json("jsonOutput")
    if isinstance(value, dict):
        return Mapped(
            "data.set", {"fields": [{"name": str(name), "value": one} for name, one in value.items()], "others": "drop"}
        )
    return Mapped("fmt.json", {"operation": "parse", "source": value})


def filter_items(node: Node) -> Mapped:
    scope = Scope(tuple((path, "item" + text.removeprefix("input")) for path, text in node.scope.views), node.scope.nodes)
    written = rules(node, node.raw("conditions"), scope)
    return Mapped("data.filter", {"rules": [], "condition": written, **node.items()}, many=True, takes_many=True)


def split_out(node: Node) -> Mapped:
    field = node.text("fieldToSplitOut")
    include = str(node.raw("include", "noOtherFields"))
    here, rest = node.field(field.partition(",")[0].strip())
    config: dict[str, Json] = {"field": rest} | ({} if here == "input" else {"source": f"{{{{ {here} }}}}"})
    if "," in field:
        node.note("Only the first of the fields was taken over.")
    config |= {"others": "keep"} if include == "allOtherFields" else {}
    return Mapped("data.split_out", config, many=True, takes_many=True)


def aggregate(node: Node) -> Mapped:
    if node.raw("aggregate", "aggregateIndividualFields") == "aggregateAllItemData":
        name = node.text("destinationFieldName", "data")
        fields = [{"name": name, "value": f"{{{{ {node.field('')[0]} }}}}"}]
        return Mapped("data.set", {"fields": fields, "others": "drop"}, takes_many=True)
    listed = node.listed("fieldsToAggregate.fieldToAggregate")
    field = str(listed[0].get("fieldToAggregate", "")) if listed else ""
    if len(listed) > 1:
        node.note(f"Only the first of {len(listed)} fields was taken over.")
    return Mapped("data.aggregate", {"field": field, **node.items()}, views=(((field,), ""),), takes_many=True)


def sort(node: Node) -> Mapped | None:
    if node.raw("type", "simple") != "simple":
        return None
    listed = node.listed("sortFieldsUi.sortField")
    keys = [{"field": str(one.get("fieldName", "")), "order": str(one.get("order", "ascending"))} for one in listed]
    return Mapped("data.sort", {"keys": keys, **node.items()}, many=True, takes_many=True)


def limit(node: Node) -> Mapped:
    take = "last" if node.raw("keep") == "lastItems" else "first"
    return Mapped("data.limit", {"count": node.number("maxItems", 1), "take": take, **node.items()}, many=True, takes_many=True)


def dedupe(node: Node) -> Mapped:
    if node.raw("operation", "removeDuplicateInputItems") != "removeDuplicateInputItems":
        config: dict[str, Json] = {"history": "block", "fields": []}
        node.note("It also remembers what came in earlier executions; choose the fields that tell entries apart.")
        return Mapped("data.dedupe", config, many=True, takes_many=True)
    fields = node.raw("fieldsToCompare", "") if node.raw("compare") == "selectedFields" else ""
    listed = [field.strip() for field in fields.split(",")] if isinstance(fields, str) and fields else []
    return Mapped("data.dedupe", {"fields": listed, **node.items()}, many=True, takes_many=True)


def summarize(node: Node) -> Mapped:
    by = str(node.raw("fieldsToSplitBy", ""))
    summaries: list[Json] = []
    for one in node.listed("fieldsToSummarize.values"):
        function = FUNCTIONS.get(str(one.get("aggregation", "count")), "count")
        name = f"{one.get('aggregation', 'count')}_{one.get('field', '')}"
        summaries.append({"function": function, "field": str(one.get("field", "")), "name": name})
    groups = [field.strip() for field in by.split(",") if field.strip()]
    return Mapped("data.summarize", {"group_by": groups, "summaries": summaries, **node.items()}, many=True, takes_many=True)


def item_lists(node: Node) -> Mapped | None:
    """The older node that did what several do now."""
    operations: Mapping[str, Mapper] = {
        "splitOutItems": split_out, "aggregateItems": aggregate, "concatenateItems": aggregate, "removeDuplicates": dedupe,
        "sort": sort, "limit": limit, "summarize": summarize,
    }  # fmt: skip
    found = operations.get(str(node.raw("operation", "splitOutItems")))
    return None if found is None else found(node)


def code(node: Node) -> Mapped | None:
    """JavaScript cannot be carried over, and n8n's Python asks for things that are not there: the source is kept as comments."""
    source = str(node.raw("jsCode") or node.raw("functionCode") or node.raw("pythonCode") or "")
    language = "Python" if node.raw("pythonCode") else "JavaScript"
    node.note(f"Its {language} must be written anew: it stands in the block as comments.")
    commented = "\n".join(f"# {line}" for line in source.splitlines())
    return Mapped("code", {"code": f"# From n8n, {language}:\n{commented}\noutput = input\n"[:50_000]}, takes_many=True)


def html(node: Node) -> Mapped | None:
    if node.raw("operation", "generateHtmlTemplate") == "generateHtmlTemplate" and node.type.endswith(".html"):
        return Mapped("data.template", {"template": node.text("html"), "format": "html"}, views=((("html",), ""),))
    place = str(node.raw("dataPropertyName", "data"))
    fields: list[Json] = []
    for one in node.listed("extractionValues.values"):
        kinds = {"html": "inner_html", "attribute": "attribute"}
        wanted: dict[str, Json] = {"name": str(one.get("key", "value")), "selector": str(one.get("cssSelector", ""))}
        wanted["take"] = kinds.get(str(one.get("returnValue", "text")), "text")
        wanted |= {"attribute": str(one["attribute"])} if one.get("attribute") else {}
        fields.append(wanted | ({"all": True} if one.get("returnArray") is True else {}))
    source = node.read(f"={{{{ $json[{literal(place)}] }}}}", "source")
    return Mapped("fmt.html", {"operation": "extract", "source": source, "fields": fields})


def xml(node: Node) -> Mapped:
    place = str(node.raw("dataPropertyName", "data"))
    operation = "build" if node.raw("mode", "xmlToJson") == "jsonToxml" else "parse"
    source = "{{ input }}" if operation == "build" else node.read(f"={{{{ $json[{literal(place)}] }}}}", "source")
    return Mapped("fmt.xml", {"operation": operation, "source": source})


def markdown(node: Node) -> Mapped:
    to_html = node.raw("mode", "htmlToMarkdown") == "markdownToHtml"
    source = node.value("markdown" if to_html else "html", "")
    key = str(node.raw("destinationKey", "data"))
    return Mapped("fmt.markdown", {"operation": "to_html" if to_html else "from_html", "source": source}, views=(((key,), ""),))


def crypto(node: Node) -> Mapped | None:
    action = node.raw("action", "hash")
    key = str(node.raw("dataPropertyName", "data"))
    algorithm = HASHES.get(str(node.raw("type", "MD5")))
    if action == "hash" and algorithm:
        config = {"source": node.value("value", ""), "algorithm": algorithm, "encoding": str(node.raw("encoding", "hex")).lower()}
        return Mapped("crypto.hash", config)
    if action == "generate":
        kind = {"uuid": "uuid4"}.get(str(node.raw("encodingType", "uuid")), "token")
        return Mapped("crypto.random", {"kind": kind}, views=(((key,), ".value"), ((), "")))
    if action == "hmac" and algorithm in ("sha256", "sha512", "sha1"):
        node.note("Type its secret anew.")
        config = {"operation": "sign", "scheme": "plain", "algorithm": algorithm, "source": node.value("value", "")}
        return Mapped("crypto.hmac", config)
    return None


def date_time(node: Node) -> Mapped | None:
    operation = str(node.raw("operation", "getCurrentDate" if node.version >= 2 else ""))
    name = str(
        node.raw("outputFieldName", {"getCurrentDate": "currentDate", "formatDate": "formattedDate"}.get(operation, "newDate"))
    )
    views: OutViews = (((name,), ""),)
    if operation == "getCurrentDate":
        return Mapped("data.datetime", {"operation": "now"}, views=views)
    if operation in ("addToDate", "subtractFromDate"):
        amount = node.number("duration", 0)
        if operation == "subtractFromDate" and isinstance(amount, int | float):
            amount = -amount
        config = {
            "operation": "add",
            "source": node.value("magnitude"),
            "amount": amount,
            "unit": str(node.raw("timeUnit", "days")),
        }
        return Mapped("data.datetime", config, views=views)
    return None


def extract_file(node: Node) -> Mapped | None:
    operation = str(node.raw("operation", "csv"))
    types: Mapping[str, tuple[str, dict[str, Json]]] = {
        "csv": ("fmt.csv", {"operation": "parse"}), "xlsx": ("fmt.xlsx", {"operation": "read"}),
        "xls": ("fmt.xlsx", {"operation": "read"}), "pdf": ("fmt.pdf", {"operation": "text"}),
        "fromJson": ("fmt.json", {"operation": "parse"}), "html": ("fmt.html", {"operation": "text"}),
        "xml": ("fmt.xml", {"operation": "parse"}),
    }  # fmt: skip
    found = types.get(operation)
    if found is None:
        return None
    node.note("Files are part of the data here: check that the field Source names the file.")
    return Mapped(found[0], dict(found[1]), many=operation in ("csv", "xlsx", "xls"), takes_many=True)


def make_file(node: Node) -> Mapped | None:
    operation = str(node.raw("operation", "csv"))
    types: Mapping[str, tuple[str, dict[str, Json]]] = {
        "csv": ("fmt.csv", {"operation": "build_file"}), "xlsx": ("fmt.xlsx", {"operation": "write"}),
        "toJson": ("fmt.json", {"operation": "build"}),
    }  # fmt: skip
    found = types.get(operation)
    return None if found is None else Mapped(found[0], dict(found[1]), takes_many=True)


DATA: Mapping[str, Mapper] = {
    "set": set_fields, "filter": filter_items, "splitOut": split_out, "aggregate": aggregate, "sort": sort, "limit": limit,
    "removeDuplicates": dedupe, "summarize": summarize, "itemLists": item_lists, "code": code, "function": code,
    "functionItem": code, "html": html, "htmlExtract": html, "xml": xml, "markdown": markdown, "crypto": crypto,
    "dateTime": date_time, "extractFromFile": extract_file, "convertToFile": make_file,
}  # fmt: skip
