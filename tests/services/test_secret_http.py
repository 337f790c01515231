"""Secrets exist in what is sent, and nowhere else."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.sdk import BlockError, HttpRequest, HttpResponse
from app.services.credentials import OpenedCredential
from app.services.execution_secrets import ExecutionSecrets
from app.services.secret_http import SecretHttp

pytestmark = pytest.mark.anyio

KEY = OpenedCredential("KEY", "value", {"value": "s3cr3t-key"})
SHOP = OpenedCredential("SHOP", "bearer", {"token": "t0ken-of-shop"})
BASIC = OpenedCredential("BASIC", "basic", {"username": "ada", "password": "p4ssword"})
HEADER = OpenedCredential("HEADER", "header", {"header": "X-Api-Key", "value": "k3y-in-header"})
SHORT = OpenedCredential("SHORT", "value", {"value": "ab"})
ALL = {credential.name: credential for credential in (KEY, SHOP, BASIC, HEADER, SHORT)}
MARKER = "[secret:nonce:KEY]"


class Wire:
    """The egress client: remembers what would go out and answers what a test says."""

    def __init__(self, body: str = "", headers: dict[str, str] | None = None, error: BlockError | None = None) -> None:
        self.sent: list[HttpRequest] = []
        self._answer = HttpResponse(200, headers or {}, body.encode(), body)
        self._error = error

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        if self._error:
            raise self._error
        return self._answer


def client(wire: Wire, **settings: str) -> SecretHttp:
    markers = {f"[secret:nonce:{name}]": name for name in ALL}
    return SecretHttp(wire, ExecutionSecrets(ALL, markers, settings, "operators-model-key"))


@pytest.mark.parametrize(
    ("field", "given", "sent"),
    [
        ("url", f"https://x.example/{MARKER}", "https://x.example/s3cr3t-key"),
        ("params", {"key": MARKER}, {"key": "s3cr3t-key"}),
        ("headers", {"X-Key": f"Token {MARKER}"}, {"X-Key": "Token s3cr3t-key"}),
        ("json", {"deep": [{"key": f"<{MARKER}>"}], MARKER: 1}, {"deep": [{"key": "<s3cr3t-key>"}], "s3cr3t-key": 1}),
        ("form", {"key": MARKER}, {"key": "s3cr3t-key"}),
        ("multipart", {"key": MARKER}, {"key": "s3cr3t-key"}),
        ("content", f"raw {MARKER}".encode(), b"raw s3cr3t-key"),
    ],
)
async def test_a_marker_becomes_its_secret_wherever_it_is_sent(field: str, given: Any, sent: Any) -> None:
    wire = Wire()
    await client(wire).send(HttpRequest(**{"method": "POST", "url": "https://x.example/", field: given}))
    assert getattr(wire.sent[0], field) == sent


async def test_bytes_that_are_no_text_go_out_unchanged() -> None:
    wire = Wire()
    await client(wire).send(HttpRequest("POST", "https://x.example/", content=b"\xff\x00" + MARKER.encode()))
    assert wire.sent[0].content == b"\xff\x00s3cr3t-key"


@pytest.mark.parametrize("text", ["[secret:other:KEY]", "[secret:nonce:NOBODY]", "${KEY}", "secret:nonce:KEY"])
async def test_what_is_no_marker_of_this_execution_stays(text: str) -> None:
    wire = Wire()
    await client(wire).send(HttpRequest("GET", "https://x.example/", headers={"X": text}))
    assert wire.sent[0].headers == {"X": text}


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        ("SHOP", {"Authorization": "Bearer t0ken-of-shop"}),
        ("BASIC", {"Authorization": "Basic " + base64.b64encode(b"ada:p4ssword").decode()}),
        ("HEADER", {"X-Api-Key": "k3y-in-header"}),
        ("KEY", {"Authorization": "Bearer s3cr3t-key"}),
    ],
)
async def test_a_credential_signs_the_request(credential: str, header: dict[str, str]) -> None:
    wire = Wire()
    await client(wire).send(HttpRequest("GET", "https://x.example/", headers={"X": "1"}, credential=credential))
    assert wire.sent[0].headers == {"X": "1"} | header
    assert wire.sent[0].credential == ""


async def test_an_unknown_credential_sends_nothing() -> None:
    wire = Wire()
    with pytest.raises(BlockError, match="no credential `GONE`"):
        await client(wire).send(HttpRequest("GET", "https://x.example/", credential="GONE"))
    assert wire.sent == []


async def test_a_secret_that_comes_back_is_masked() -> None:
    wire = Wire("you sent s3cr3t-key and t0ken-of-shop", {"x-echo": "Bearer t0ken-of-shop"})
    request = HttpRequest("GET", "https://x.example/", headers={"X": MARKER}, credential="SHOP")
    answer = await client(wire).send(request)
    assert answer.text == "you sent *** and ***"
    assert answer.content == b"you sent *** and ***"
    assert answer.headers == {"x-echo": "Bearer ***"}


async def test_a_name_that_comes_back_stays_and_the_encoded_pair_does_not() -> None:
    encoded = base64.b64encode(b"ada:p4ssword").decode()
    answer = await client(Wire(f"ada is p4ssword, or {encoded}")).send(
        HttpRequest("GET", "https://x.example/", credential="BASIC")
    )
    assert answer.text == "ada is ***, or ***"


async def test_what_holds_another_secret_is_masked_whole() -> None:
    longer = OpenedCredential("LONGER", "value", {"value": "s3cr3t-key-and-more"})
    markers = {MARKER: "KEY", "[secret:nonce:LONGER]": "LONGER"}
    secrets = ExecutionSecrets({"KEY": KEY, "LONGER": longer}, markers, {}, "")
    wire = Wire("s3cr3t-key-and-more")
    request = HttpRequest("GET", "https://x.example/", headers={"A": MARKER, "B": "[secret:nonce:LONGER]"})
    assert (await SecretHttp(wire, secrets).send(request)).text == "***"


async def test_bytes_that_are_no_text_come_back_unchanged() -> None:
    wire = Wire()
    wire._answer = HttpResponse(200, {}, b"\xff\x00s3cr3t-key", "")
    answer = await client(wire).send(HttpRequest("GET", "https://x.example/", headers={"X": MARKER}))
    assert answer.content == b"\xff\x00***"


async def test_only_what_was_sent_is_masked_and_nothing_very_short() -> None:
    answer = await client(Wire("t0ken-of-shop about ab")).send(
        HttpRequest("GET", "https://x.example/", headers={"X": "[secret:nonce:SHORT]"})
    )
    assert answer.text == "t0ken-of-shop about ab"


async def test_a_secret_in_an_error_is_masked() -> None:
    wire = Wire(error=BlockError("CONNECTION", "s3cr3t-key.example could not be reached"))
    with pytest.raises(BlockError) as caught:
        await client(wire).send(HttpRequest("GET", f"https://{MARKER}.example/"))
    assert (caught.value.code, caught.value.message) == ("CONNECTION", "***.example could not be reached")


async def test_an_error_keeps_whether_and_when_to_try_again() -> None:
    refused = BlockError("BLOCKED", "no", details={"at": "s3cr3t-key"}, log=["to s3cr3t-key"], retryable=False, retry_after=7)
    with pytest.raises(BlockError) as caught:
        await client(Wire(error=refused)).send(HttpRequest("GET", f"https://{MARKER}.example/"))
    error = caught.value
    assert (error.retryable, error.retry_after) == (False, 7)
    assert (error.details, error.log) == ({"at": "***"}, ("to ***",))


MODEL = "http://127.0.0.1:9/v1"


async def test_the_operators_key_goes_to_the_operators_model_only() -> None:
    wire = Wire("echo operators-model-key")
    answer = await client(wire, model_base_url=MODEL).send(HttpRequest("POST", f"{MODEL}/chat/completions", trusted=True))
    assert (wire.sent[0].headers, wire.sent[0].trusted) == ({"Authorization": "Bearer operators-model-key"}, True)
    assert answer.text == "echo ***"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        (f"{MODEL}/chat", False),
        ("http://127.0.0.1:9/v1evil/x", True),
        ("http://127.0.0.1:99/v1/x", True),
        ("http://evil.example/v1/", True),
    ],
)
async def test_no_other_request_is_trusted_or_gets_that_key(url: str, trusted: bool) -> None:
    wire = Wire()
    await client(wire, model_base_url=MODEL).send(HttpRequest("POST", url, trusted=trusted))
    assert (wire.sent[0].headers, wire.sent[0].trusted) == ({}, False)


async def test_without_a_model_nothing_is_trusted() -> None:
    wire = Wire()
    await client(wire).send(HttpRequest("POST", "/anything", trusted=True))
    assert wire.sent[0].trusted is False
