"""Looks whether a web address works, and how quickly.

It counts as working when the answer comes in time, has the status that you expect, and contains the text that you expect. Then
the block leaves at `up`, otherwise at `down`, with the reason. A problem with the certificate, a name that is not known and a
connection that is refused are all `down`.

Together with the schedule it watches a site: every five minutes, and a message when it is down.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, CredentialName, Example, HttpRequest, Json, Output, Port
from blocks.core._fields import ADVANCED, Text

DOWN = ("CONNECTION", "TIMEOUT", "TLS", "TOO_MANY_REDIRECTS", "RESPONSE_TOO_LARGE", "RESPONSE_ENCODING")


class CheckConfig(Config):
    """Configuration of the check."""

    url: str = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="Beginning with https:// or http://",
        json_schema_extra={"initial": "", "placeholder": "https://example.com"},
    )
    method: Literal["GET", "HEAD", "POST"] = Field("GET", title="Method", description="HEAD asks without the content.")
    expect_status: list[Annotated[int, Field(ge=100, le=599)]] = Field(
        default_factory=list, title="Expected status", max_length=20, description="Such as 200. None: anything below 400."
    )
    expect_text: Text = Field("", title="Expected text", max_length=1_000, description="Must be in the answer. May stay empty.")
    slow_after_ms: int = Field(
        0,
        title="Too slow after",
        ge=0,
        le=120_000,
        description="Milliseconds after which it counts as down. 0: only the timeout.",
    )
    timeout_ms: int = Field(10_000, title="Timeout", ge=100, le=120_000, description="Milliseconds to wait for the answer.")
    headers: dict[str, Text] = Field(
        default_factory=dict, title="Headers", max_length=50, description="Sent along.", json_schema_extra=ADVANCED
    )
    credential: CredentialName = Field("", title="Credential", description="When a login is needed.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: CheckConfig, value: Json) -> Output:
    request = HttpRequest(
        config.method, config.url, headers=config.headers, timeout=config.timeout_ms / 1000, credential=config.credential
    )
    started, status, problem = context.now(), None, ""
    try:
        response = await context.http.send(request)
        status, text = response.status_code, response.text
        problem = _problem(config, status, text)
    except BlockError as error:
        if error.code not in DOWN:
            raise
        problem = error.message
    milliseconds = int((context.now() - started).total_seconds() * 1000)
    if not problem and config.slow_after_ms and milliseconds > config.slow_after_ms:
        problem = f"the answer took {milliseconds} ms"
    context.log(f"{urlsplit(config.url).hostname}: {problem or 'works'}, {milliseconds} ms")
    answer = {"up": not problem, "status_code": status, "milliseconds": milliseconds, "problem": problem}
    return Output(answer, ports=("output", "down" if problem else "up"))


def _problem(config: CheckConfig, status: int, text: str) -> str:
    if config.expect_status and status not in config.expect_status:
        return f"answered {status}, expected {' or '.join(map(str, config.expect_status))}"
    if not config.expect_status and status >= 400:
        return f"answered {status}"
    return "the expected text is not in the answer" if config.expect_text not in text else ""


BLOCK = Block(
    type="net.check",
    title="Check a site",
    category="Connect",
    icon="activity",
    description="Looks whether a web address works, and how quickly.",
    config=CheckConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"http"}),
    timeout_ms=130_000,
    outputs=(Port("output", "Always"), Port("up", "When it works"), Port("down", "When it does not work")),
    output_schema={
        "type": "object",
        "properties": {
            "up": {"type": "boolean"},
            "status_code": {"type": ["integer", "null"]},
            "milliseconds": {"type": "integer"},
            "problem": {"type": "string", "description": "Why it counts as down."},
        },
        "required": ["up", "status_code", "milliseconds", "problem"],
    },
    examples=(
        Example(
            "Is the shop there?",
            {"url": "https://shop.example.com", "expect_text": "Cart"},
            output={"up": True, "status_code": 200, "milliseconds": 140, "problem": ""},
            ports=("output", "up"),
            runnable=False,
        ),
    ),
)
