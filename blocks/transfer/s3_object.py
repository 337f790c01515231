"""Keeps files in an object storage: Amazon S3, or what speaks its protocol, such as MinIO, Ceph, R2 or B2.

“Get” reads an object of up to 1.4 MB, “put” writes one, “head” only asks for its size and type, and there are “list”, “copy”
and “delete”. “Share” makes an address with which anybody can read the object for a while (or write it, with the method PUT).

“List” gives the objects whose names begin as you say; with “Folders” on, what has one more slash in its name is told as one
folder. When there are more, `next` says where to go on.

The credential is an “Object storage (S3)”, with the address of the storage.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from app.sdk import (
    FILE_SCHEMA,
    AnyJson,
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    File,
    HttpRequest,
    HttpResponse,
    Json,
    Login,
    Output,
    Visit,
    library,
)  # fmt: skip
from blocks.core._fields import ADVANCED, Text, when
from blocks.transfer._s3_signing import Keys, canonical_query, escaped, signed_headers, signed_query

MAX_BYTES = 1_400_000
ON_OBJECT = ["get", "put", "head", "copy", "delete", "share"]


class S3ObjectConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field(
        min_length=1, title="Credential", description="The storage and its keys.", json_schema_extra={"initial": ""}
    )
    operation: Literal["get", "put", "head", "list", "copy", "delete", "share"] = Field(
        "get", title="Do", description="What to do with the object."
    )
    bucket: Text = Field(
        min_length=1,
        title="Bucket",
        max_length=63,
        description="Its name.",
        json_schema_extra={"initial": "", "placeholder": "invoices"},
    )
    key: Text = Field(
        "",
        title="Object",
        max_length=1_024,
        description="Its name, with slashes if you like.",
        json_schema_extra=when(operation=ON_OBJECT) | {"placeholder": "2026/06/7.pdf"},
    )
    content: AnyJson = Field(
        None, title="Content", description="A file, or a text. Left empty: the input.", json_schema_extra=when(operation=["put"])
    )
    source: Text = Field(
        "",
        title="From",
        max_length=1_024,
        description="The object to copy, in the same bucket.",
        json_schema_extra=when(operation=["copy"]),
    )
    prefix: Text = Field(
        "", title="Begins with", max_length=1_024, description="May stay empty.", json_schema_extra=when(operation=["list"])
    )
    folders: bool = Field(
        False,
        title="Folders",
        description="Whether names with more slashes are told as folders.",
        json_schema_extra=when(operation=["list"]),
    )
    limit: int = Field(
        1_000, title="At most", ge=1, le=1_000, description="So many names.", json_schema_extra=when(operation=["list"])
    )
    after: Text = Field(
        "",
        title="Go on at",
        max_length=2_000,
        description="`next` of the list before.",
        json_schema_extra=ADVANCED | when(operation=["list"]),
    )
    seconds: int = Field(
        3_600, title="Valid for", ge=1, le=604_800, description="Seconds.", json_schema_extra=when(operation=["share"])
    )
    method: Literal["GET", "PUT"] = Field(
        "GET", title="For", description="GET to read it, PUT to write it.", json_schema_extra=ADVANCED | when(operation=["share"])
    )
    timeout_ms: int = Field(60_000, title="Timeout", ge=100, le=600_000, description="Milliseconds.", json_schema_extra=ADVANCED)


class Storage:
    """One storage, with the keys of one credential."""

    def __init__(self, context: Context, login: Login, config: S3ObjectConfig, answers: Any) -> None:
        self._context = context
        self.answers = answers
        self._timeout = config.timeout_ms / 1000
        self._keys = Keys(login.get("access_key"), login.get("secret_key"), login.get("region"), login.get("session_token"))
        self._endpoint = login.get("endpoint").rstrip("/")
        parts = urlsplit(self._endpoint)
        usual = {"http": 80, "https": 443}[parts.scheme]
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
        self.host = host if parts.port in (None, usual) else f"{host}:{parts.port}"
        self._base = f"{escaped(parts.path, keep='/')}/{escaped(config.bucket)}"

    async def ask(
        self, method: str, key: str = "", query: dict[str, str] | None = None, headers: dict[str, str] | None = None,
        content: bytes = b"",
    ) -> HttpResponse:  # fmt: skip
        """Raises BlockError for every status that is no success."""
        path, query = self._path(key), query or {}
        signed = signed_headers(self._keys, method, self.host, path, query, headers or {}, content, self._context.now())
        request = HttpRequest(
            method,
            f"{self._origin()}{path}" + (f"?{canonical_query(query)}" if query else ""),
            headers=signed,
            content=content if method == "PUT" else None,
            timeout=self._timeout,
            follow_redirects=False,
        )
        answer = await self._context.http.send(request)
        if answer.status_code >= 300:
            raise self.answers.failure(self.host, answer)
        return answer

    def shared(self, method: str, key: str, seconds: int) -> str:
        """An address that anybody may use."""
        path = self._path(key)
        return f"{self._origin()}{path}?{signed_query(self._keys, method, self.host, path, seconds, self._context.now())}"

    def source(self, key: str) -> str:
        """How a copy names what it copies."""
        return self._path(key)

    def _origin(self) -> str:
        return f"{urlsplit(self._endpoint).scheme}://{self.host}"

    def _path(self, key: str) -> str:
        return f"{self._base}/{escaped(key, keep='/')}" if key else self._base


async def execute(context: Context, config: S3ObjectConfig, value: Json) -> Output:
    _check(config)
    answers = await library("blocks.transfer._s3_answers", "")

    async def talk(visit: Visit) -> Json:
        if config.operation == "share" and visit.login.get("session_token"):
            raise BlockError("CREDENTIAL_INVALID", "keys with a session token cannot make addresses for others", retryable=False)
        given = visit.reveal(value if config.content is None else config.content)
        file = File.of(given, "content") if config.operation == "put" else None
        return {**EMPTY, "key": config.key, **await _done(Storage(context, visit.login, config, answers), config, file)}

    seconds = config.timeout_ms / 1000
    return Output(await context.network.visit(talk, credential=config.credential, types=("s3",), seconds=seconds))


async def _done(storage: Storage, config: S3ObjectConfig, file: File | None) -> dict[str, Json]:
    key = config.key
    match config.operation:
        case "get":
            answer = await storage.ask("GET", key)
            if len(answer.content) > MAX_BYTES:
                told = f"field `key`: only objects up to {MAX_BYTES:,} bytes are read; it has {len(answer.content):,} bytes"
                raise BlockError("FILE_TOO_LARGE", told, retryable=False)
            name = key.rstrip("/").rpartition("/")[2] or "object"
            media_type = answer.headers.get("content-type", "application/octet-stream")
            return {"file": File(name[:200], media_type, answer.content).value(), **_facts(answer, len(answer.content))}
        case "put" if file is not None:
            answer = await storage.ask("PUT", key, headers={"content-type": file.media_type}, content=file.content)
            return _facts(answer, len(file.content))
        case "head":
            answer = await storage.ask("HEAD", key)
            return _facts(answer, int(answer.headers.get("content-length", 0)))
        case "list":
            query = {"list-type": "2", "max-keys": str(config.limit)}
            more = {"prefix": config.prefix, "delimiter": "/" if config.folders else "", "continuation-token": config.after}
            found, following = storage.answers.listed(
                await storage.ask("GET", query=query | {name: text for name, text in more.items() if text})
            )
            return {"objects": found, "next": following or None}
        case "copy":
            answer = await storage.ask("PUT", key, headers={"x-amz-copy-source": storage.source(config.source)})
            if storage.answers.is_failed_copy(answer):
                raise storage.answers.failure(storage.host, answer)
            return {}
        case "delete":
            await storage.ask("DELETE", key)
    return {"url": storage.shared(config.method, key, config.seconds)} if config.operation == "share" else {}


def _facts(answer: HttpResponse, size: int) -> dict[str, Json]:
    return {
        "size": size,
        "etag": answer.headers.get("etag", "").strip('"'),
        "content_type": answer.headers.get("content-type", ""),
    }


def _check(config: S3ObjectConfig) -> None:
    if not config.bucket or "/" in config.bucket:
        raise BlockError("CONFIG_INVALID", "field `bucket`: name a bucket", retryable=False)
    for name, key in (("key", config.key), ("source", config.source)):
        needed = config.operation in ON_OBJECT if name == "key" else config.operation == "copy"
        if needed and (not key or any(part in (".", "..") for part in key.split("/")) or not key.isprintable()):
            raise BlockError("CONFIG_INVALID", f"field `{name}`: name an object, without `.` and `..` as parts", retryable=False)


EMPTY: dict[str, Json] = {
    "key": "", "file": None, "size": None, "etag": "", "content_type": "", "objects": [], "next": None, "url": None,
}  # fmt: skip
BLOCK = Block(
    type="s3.object",
    title="S3 storage",
    category="Files",
    icon="box",
    description="Keeps files in an object storage such as Amazon S3.",
    config=S3ObjectConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"http", "network"}),
    timeout_ms=610_000,
    sample=EMPTY,
    output_schema={
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "file": {"anyOf": [FILE_SCHEMA, {"type": "null"}], "description": "For get: the object."},
            "size": {"type": ["integer", "null"], "description": "Bytes."},
            "etag": {"type": "string", "description": "Changes with the content."},
            "content_type": {"type": "string"},
            "objects": {
                "type": "array",
                "description": "For list.",
                "items": {
                    "type": "object",
                    "properties": {
                        "key": {"type": "string"},
                        "size": {"type": ["integer", "null"], "description": "None for a folder."},
                        "modified": {"type": ["string", "null"]},
                        "etag": {"type": "string"},
                    },
                },
            },
            "next": {"type": ["string", "null"], "description": "Where the list goes on."},
            "url": {"type": ["string", "null"], "description": "For share: the address."},
        },
        "required": list(EMPTY),
    },
    examples=(
        Example(
            "Keep an invoice",
            {"credential": "STORAGE", "operation": "put", "bucket": "invoices", "key": "2026/{{ input.filename }}"},
            input={"filename": "7.pdf", "content_type": "application/pdf", "size": 4, "base64": "JVBERg=="},
            output={**EMPTY, "key": "2026/7.pdf", "size": 4, "etag": "9d1c..."},
            runnable=False,
        ),
        Example(
            "An address for a customer",
            {"credential": "STORAGE", "operation": "share", "bucket": "invoices", "key": "2026/7.pdf", "seconds": 600},
            output={**EMPTY, "key": "2026/7.pdf", "url": "https://s3.example.com/invoices/2026/7.pdf?X-Amz-Algorithm=..."},
            runnable=False,
        ),
    ),
)
