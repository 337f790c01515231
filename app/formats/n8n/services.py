"""Nodes of n8n for services, and the operations of presets that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.formats.n8n.node import SAME, Mapped, Node, OutViews
from app.sdk import Json


@dataclass(frozen=True, slots=True)
class Service:
    """An operation, and where its parameters stand in the node. A path that begins with `=` is a value as it is."""

    type: str
    params: Mapping[str, str] = field(default_factory=dict)
    views: OutViews = SAME
    many: bool = False


RESULT: OutViews = ((("result",), ""), ((), ""))
ITEMS: OutViews = (((), ".items"),)
CHAT = {"chat": "chatId"}
SHEET = {"spreadsheet": "documentId", "range": "sheetName"}
AIRTABLE = {"base": "base", "table": "table"}
ISSUE = {"owner": "owner", "repo": "repository"}

SERVICES: Mapping[tuple[str, str, str], Service] = {
    ("slack", "message", "post"): Service("slack.post_message", {"channel": "channelId", "text": "text"}),
    ("slack", "message", "update"): Service("slack.update_message", {"channel": "channelId", "ts": "ts", "text": "text"}),
    ("slack", "message", "delete"): Service("slack.delete_message", {"channel": "channelId", "ts": "timestamp"}),
    ("slack", "channel", "getAll"): Service("slack.list_channels", {}, ITEMS, many=True),
    ("slack", "channel", "history"): Service("slack.history", {"channel": "channelId"}, ITEMS, many=True),
    ("slack", "reaction", "add"): Service("slack.add_reaction", {"channel": "channelId", "ts": "timestamp", "name": "name"}),
    ("telegram", "message", "sendMessage"): Service("telegram.send_message", {**CHAT, "text": "text"}, RESULT),
    ("telegram", "message", "sendPhoto"): Service("telegram.send_photo", {**CHAT, "photo": "file"}, RESULT),
    ("telegram", "message", "editMessageText"): Service(
        "telegram.edit_message", {**CHAT, "message": "messageId", "text": "text"}, RESULT
    ),
    ("telegram", "callback", "answerQuery"): Service("telegram.answer_button", {"query": "queryId"}, RESULT),
    ("gmail", "message", "send"): Service("gmail.send", {"to": "sendTo", "subject": "subject", "html": "message"}),
    ("gmail", "message", "getAll"): Service("gmail.search", {"query": "filters.q"}, ITEMS, many=True),
    ("gmail", "message", "get"): Service("gmail.get", {"message": "messageId"}),
    ("gmail", "message", "delete"): Service("gmail.trash", {"message": "messageId"}),
    ("gmail", "message", "addLabels"): Service("gmail.change_labels", {"message": "messageId", "add": "labelIds"}),
    ("gmail", "message", "removeLabels"): Service("gmail.change_labels", {"message": "messageId", "remove": "labelIds"}),
    ("gmail", "draft", "create"): Service("gmail.create_draft", {"subject": "subject", "text": "message"}),
    ("googleSheets", "sheet", "read"): Service("google_sheets.read_rows", SHEET, ((("values",), ".values"),)),
    ("googleSheets", "sheet", "append"): Service("google_sheets.append_rows", SHEET),
    ("googleSheets", "sheet", "appendOrUpdate"): Service("google_sheets.append_rows", SHEET),
    ("googleSheets", "sheet", "update"): Service("google_sheets.update_range", SHEET),
    ("googleSheets", "sheet", "clear"): Service("google_sheets.clear_range", SHEET),
    ("googleSheets", "spreadsheet", "create"): Service("google_sheets.create_spreadsheet", {"title": "title"}),
    ("googleDrive", "file", "upload"): Service("google_drive.upload", {"name": "name", "file": "={{ input }}"}),
    ("googleDrive", "file", "download"): Service("google_drive.download", {"file_id": "fileId"}),
    ("googleDrive", "file", "deleteFile"): Service("google_drive.delete", {"file_id": "fileId"}),
    ("googleDrive", "file", "share"): Service("google_drive.share", {"file_id": "fileId"}),
    ("googleDrive", "fileFolder", "search"): Service("google_drive.list_files", {"query": "queryString"}, ITEMS, many=True),
    ("googleDrive", "folder", "create"): Service("google_drive.create_folder", {"name": "name"}),
    ("googleCalendar", "event", "create"): Service(
        "google_calendar.create_event",
        {"calendar": "calendar", "start": "start", "end": "end", "summary": "additionalFields.summary"},
    ),
    ("googleCalendar", "event", "getAll"): Service("google_calendar.list_events", {"calendar": "calendar"}, ITEMS, many=True),
    ("googleCalendar", "event", "delete"): Service("google_calendar.delete_event", {"calendar": "calendar", "event": "eventId"}),
    ("googleDocs", "document", "create"): Service("google_docs.create", {"title": "title"}),
    ("googleDocs", "document", "get"): Service("google_docs.get", {"document": "documentURL"}),
    ("airtable", "record", "create"): Service("airtable.create_record", {**AIRTABLE, "fields": "columns.value"}),
    ("airtable", "record", "search"): Service(
        "airtable.list_records", {**AIRTABLE, "formula": "filterByFormula"}, ITEMS, many=True
    ),
    ("airtable", "record", "get"): Service("airtable.get_record", {**AIRTABLE, "record": "id"}),
    ("airtable", "record", "update"): Service("airtable.update_record", {**AIRTABLE, "fields": "columns.value"}),
    ("airtable", "record", "deleteRecord"): Service("airtable.delete_record", {**AIRTABLE, "record": "id"}),
    ("notion", "databasePage", "create"): Service("notion.create_page", {"database": "databaseId"}),
    ("notion", "databasePage", "getAll"): Service("notion.query_database", {"database": "databaseId"}, ITEMS, many=True),
    ("notion", "databasePage", "get"): Service("notion.get_page", {"page": "pageId"}),
    ("notion", "databasePage", "update"): Service("notion.update_page", {"page": "pageId"}),
    ("discord", "message", "send"): Service("discord.send_message", {"channel": "channelId", "content": "content"}),
    ("github", "issue", "create"): Service("github.create_issue", {**ISSUE, "title": "title", "text": "body"}),
    ("github", "issue", "createComment"): Service("github.add_comment", {**ISSUE, "number": "issueNumber", "text": "body"}),
    ("github", "issue", "edit"): Service("github.update_issue", {**ISSUE, "number": "issueNumber"}),
    ("github", "file", "get"): Service("github.get_file", {**ISSUE, "file": "filePath"}),
    ("github", "release", "create"): Service("github.create_release", {**ISSUE, "tag": "releaseTag"}),
    ("hubspot", "contact", "search"): Service("hubspot.search", {}, ITEMS, many=True),
    ("hubspot", "contact", "getAll"): Service("hubspot.list", {"kind": "=contacts"}, ITEMS, many=True),
    ("mattermost", "message", "post"): Service("mattermost.send_message", {"channel": "channelId", "message": "message"}),
    ("matrix", "message", "create"): Service("matrix.send_message", {"room": "roomId", "text": "text"}),
    ("wordpress", "post", "create"): Service("wordpress.create_post", {"title": "title", "content": "additionalFields.content"}),
    ("wordpress", "post", "getAll"): Service("wordpress.list_posts", {}, ITEMS, many=True),
    ("twilio", "sms", "send"): Service("twilio.send_sms", {"to": "to", "from": "from", "text": "message"}),
    ("whatsApp", "message", "send"): Service(
        "whatsapp.send_text", {"phone": "phoneNumberId", "to": "recipientPhoneNumber", "text": "textBody"}
    ),
    ("jira", "issue", "create"): Service("jira.create_issue", {"project": "project", "summary": "summary"}),
    ("jira", "issue", "get"): Service("jira.get_issue", {"issue": "issueKey"}),
    ("jira", "issueComment", "add"): Service("jira.add_comment", {"issue": "issueKey", "text": "comment"}),
    ("linear", "issue", "create"): Service("linear.create_issue", {"team": "teamId", "title": "title"}),
    ("stripe", "customer", "create"): Service("stripe.create_customer", {"name": "name"}),
    ("sendGrid", "mail", "send"): Service(
        "sendgrid.send", {"to": "toEmail", "from": "fromEmail", "subject": "subject", "text": "contentValue"}
    ),
    ("shopify", "order", "getAll"): Service("shopify.list_orders", {}, ITEMS, many=True),
    ("trello", "card", "create"): Service("trello.create_card", {"list": "listId", "name": "name", "text": "description"}),
    ("todoist", "task", "create"): Service("todoist.create_task", {"content": "content"}),
    ("asana", "task", "create"): Service("asana.create_task", {"name": "name"}),
    ("clickUp", "task", "create"): Service("clickup.create_task", {"list": "list", "name": "name"}),
    ("supabase", "row", "getAll"): Service("supabase.select", {"table": "tableId"}, ITEMS, many=True),
    ("zendesk", "ticket", "create"): Service("zendesk.create_ticket", {"text": "description"}),
    ("microsoftOutlook", "message", "send"): Service(
        "outlook.send", {"to": "toRecipients", "subject": "subject", "text": "bodyContent"}
    ),
    ("openAi", "text", "message"): Service("openai.chat", {"model": "modelId"}),
    ("openAi", "chat", "complete"): Service("openai.chat", {"model": "chatModel", "messages": "prompt.messages"}),
    ("openAi", "audio", "transcribe"): Service("openai.transcribe", {"file": "={{ input }}"}),
    ("openAi", "image", "generate"): Service("openai.create_image", {"prompt": "prompt"}),
}
DEFAULTS: Mapping[str, tuple[str, str]] = {
    "slack": ("message", "post"), "telegram": ("message", "sendMessage"), "gmail": ("message", "send"),
    "googleSheets": ("sheet", "read"), "googleDrive": ("file", "upload"), "googleCalendar": ("event", "create"),
    "googleDocs": ("document", "create"), "airtable": ("record", "get"), "notion": ("block", "append"),
    "discord": ("message", "send"), "github": ("issue", "create"), "hubspot": ("contact", "upsert"),
    "mattermost": ("message", "post"), "matrix": ("message", "create"), "wordpress": ("post", "create"),
    "twilio": ("sms", "send"), "whatsApp": ("message", "send"), "jira": ("issue", "create"), "linear": ("issue", "create"),
    "stripe": ("balance", "get"), "sendGrid": ("mail", "send"), "shopify": ("order", "create"), "trello": ("card", "create"),
    "todoist": ("task", "create"), "asana": ("task", "create"), "clickUp": ("task", "create"), "supabase": ("row", "create"),
    "zendesk": ("ticket", "create"), "microsoftOutlook": ("message", "send"), "openAi": ("text", "message"),
}  # fmt: skip
OPERATIONS = {"sendLegacy": "send", "list": "search", "getMany": "getAll", "readRows": "read"}
ALSO: Mapping[str, tuple[str, ...]] = {
    "channelId": ("channel", "user"), "text": ("messageText",), "base": ("application",), "sendTo": ("toList",),
    "documentId": ("sheetId",), "sheetName": ("range",), "modelId": ("model",),
}  # fmt: skip
"""Where older versions of a node have the same."""
LISTS = frozenset({"to", "add", "remove", "labels", "folders"})


def service(node: Node) -> Mapped | None:
    """The operation of a preset that stands for a node; None when there is none."""
    name = node.type.rpartition(".")[2].removesuffix("Tool")
    if name not in DEFAULTS:
        return None
    resource, operation = DEFAULTS[name]
    resource = str(node.raw("resource", resource))
    operation = str(node.raw("operation", operation if resource == DEFAULTS[name][0] else ""))
    found = SERVICES.get((name, resource, OPERATIONS.get(operation, operation))) or SERVICES.get((name, resource, operation))
    if found is None or not node.knows(found.type):
        return None
    config: dict[str, Json] = {"credential": node.credential()}
    for here, there in found.params.items():
        value = there[1:] if there.startswith("=") else _first(node, there)
        if value not in (None, "", {}):
            config[here] = [value] if here in LISTS and isinstance(value, str) and found.type.startswith("gmail") else value
    if not node.credentials:
        config.pop("credential")
    _complete(node, found, config)
    return Mapped(found.type, config, views=found.views, many=found.many)


def _first(node: Node, path: str) -> Json:
    for one in (path, *ALSO.get(path, ())):
        value = node.value(one)
        if value is not None:
            return value
    return None


def _complete(node: Node, found: Service, config: dict[str, Json]) -> None:
    """What needs more than a name for a name."""
    if found.type == "google_sheets.append_rows" and "rows" not in config:
        columns = node.value("columns.value")
        config["rows"] = [list(columns.values())] if isinstance(columns, dict) and columns else "{{ [values(input)] }}"
        node.note("Rows are lists of cells here: check that they are in the order of the columns.")
    elif found.type == "google_sheets.read_rows":
        node.note("Rows come as lists of cells, the names of the columns first.")
    elif found.type == "openai.chat" and "messages" not in config:
        listed = node.listed("messages.values")
        config["messages"] = [
            {"role": str(one.get("role", "user")), "content": node.read(one.get("content", ""), "messages")} for one in listed
        ]
    used = {path.partition(".")[0] for path in found.params.values()} | {"resource", "operation", "authentication", "options"}
    left = [
        name
        for name, value in node.params.items()
        if name not in used | {"select", "columns", "messages"} and value not in ("", {}, [], None)
    ]
    if left:
        node.note(f"Not taken over: {', '.join(sorted(left)[:10])}.")
