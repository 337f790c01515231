"""s3.object against a storage that checks every signature."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.peers.storage import Storage, storage

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as running:
        for bucket in ("files", "other"):
            running.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield running


@pytest.fixture
def s3(run: Any, server: Storage) -> Any:
    async def s3(operation: str, key: str = "", value: Any = None, **config: Any) -> Any:
        config = {"credential": "S3", "operation": operation, "bucket": "files", "key": key, **config}
        return await run("s3.object", config, value, credentials={"S3": ("s3", server.login())})

    return s3


@pytest.fixture
def fails(refused: Any, server: Storage) -> Any:
    async def fails(operation: str = "get", key: str = "a", data: dict[str, str] | None = None, **config: Any) -> Any:
        config = {"credential": "S3", "operation": operation, "bucket": "files", "key": key, **config}
        return await refused("s3.object", config, "x", credentials={"S3": ("s3", {**server.login(), **(data or {})})})

    return fails


NAMES = ["plain.txt", "with space+plus.txt", "größe/ä&b=c.txt", "100%/~tilde.txt", "a//b", "q?x#y"]


@pytest.mark.parametrize("name", NAMES)
async def test_objects_of_any_name(s3: Any, server: Storage, name: str) -> None:
    file = {"filename": "a.bin", "content_type": "image/png", "size": 2, "base64": "AP8="}
    put = await s3("put", name, file)
    assert server.client("s3").get_object(Bucket="files", Key=name)["Body"].read() == b"\0\xff"
    got = await s3("get", name)
    assert (got["file"]["base64"], got["file"]["content_type"], got["etag"]) == ("AP8=", "image/png", put["etag"])
    head = await s3("head", name)
    assert (head["size"], head["content_type"], head["file"]) == (2, "image/png", None)
    await s3("copy", "copied", source=name)
    assert (await s3("get", "copied"))["size"] == 2
    for key in (name, "copied"):
        await s3("delete", key)


async def test_a_list_and_its_pages(s3: Any) -> None:
    for name in ("x/1", "x/2", "x/y/3", "z"):
        await s3("put", name, "Hällo")
    first = await s3("list", prefix="x/", limit=2)
    assert ([one["key"] for one in first["objects"]], first["objects"][0]["size"]) == (["x/1", "x/2"], 6)
    then = await s3("list", prefix="x/", limit=2, after=first["next"])
    assert ([one["key"] for one in then["objects"]], then["next"]) == (["x/y/3"], None)
    folders = await s3("list", prefix="x/", folders=True)
    assert [one["key"] for one in folders["objects"]] == ["x/y/", "x/1", "x/2"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_an_address_for_others(s3: Any, server: Storage, monkeypatch: pytest.MonkeyPatch, name: str, method: str) -> None:
    """The peer does not understand such addresses, so they are compared with those of Amazon's own library."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: datetime(2026, 6, 1, 12))
    url = (await s3("share", name, seconds=60, method=method))["url"]
    keys = Credentials(server.access_key, server.secret_key)
    request = AWSRequest(method, url.partition("?")[0])
    S3SigV4QueryAuth(keys, "s3", "eu-central-1", expires=60).add_auth(request)
    assert dict(parse_qsl(url.partition("?")[2])) == dict(parse_qsl(str(request.url).partition("?")[2]))
    assert server.secret_key not in url


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"key": "nothing"}, "OBJECT_MISSING"),
        ({"operation": "head", "key": "nothing"}, "OBJECT_MISSING"),
        ({"bucket": "no-such-bucket"}, "OBJECT_MISSING"),
        ({"operation": "copy", "source": "nothing"}, "OBJECT_MISSING"),
        ({"key": "../other/a"}, "CONFIG_INVALID"),
        ({"key": ""}, "CONFIG_INVALID"),
        ({"bucket": "files/a"}, "CONFIG_INVALID"),
    ],
    ids=str,
)
async def test_bad_input_is_named(fails: Any, config: dict[str, Any], code: str) -> None:
    error = await fails(**config)
    assert (error.code, error.retryable) == (code, False), error.message


async def test_too_large(s3: Any, fails: Any, server: Storage) -> None:
    server.client("s3").put_object(Bucket="files", Key="large", Body=b"x" * 1_500_000)
    assert (await fails(key="large")).code == "FILE_TOO_LARGE"


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, silent: int) -> None:
    wrong = await fails(data={"secret_key": "wrong-secret"})
    assert (wrong.code, wrong.retryable, "SignatureDoesNotMatch" in wrong.message) == ("LOGIN_REFUSED", False, True)
    assert (await fails(data={"access_key": "AKIANOBODY"})).code == "LOGIN_REFUSED"
    assert (await fails(data={"endpoint": "http://127.0.0.1:1"})).code == "CONNECTION"
    assert (await fails(data={"endpoint": "http://10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await fails(data={"endpoint": f"http://127.0.0.1:{silent}"}, timeout_ms=300)).code == "TIMEOUT"


async def test_the_storage_goes_away_half_way(fails: Any) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        writer.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    error = await fails(data={"endpoint": f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}"})
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
