"""Files as values: there and back, texts as files, and what is no file."""

from __future__ import annotations

from typing import Any

import pytest

from app.sdk import BlockError, File, is_file


def test_there_and_back() -> None:
    file = File("a.bin", "application/zip", b"\x00\xff")
    value = file.value()
    assert value == {"filename": "a.bin", "content_type": "application/zip", "size": 2, "base64": "AP8="}
    assert is_file(value)
    assert File.of(value, "source") == file


def test_a_text_is_a_file() -> None:
    assert File.of("ü", "source").content == "ü".encode()
    assert File.of("a\ud800", "source").content == b"a?"


def test_what_a_webhook_receives_is_a_file() -> None:
    assert File.of({"content_type": "image/png", "base64": "AA=="}, "source") == File("file", "image/png", b"\x00")


@pytest.mark.parametrize("value", [None, 5, [], {}, {"base64": 5}, {"base64": "???"}, {"base64": "A"}, {"base64": "ü"}], ids=str)
def test_what_is_no_file(value: Any) -> None:
    with pytest.raises(BlockError, match="`place`") as error:
        File.of(value, "place")
    assert error.value.code == "FILE_INVALID"


def test_the_text_of_a_file() -> None:
    assert File("a", "text/plain", b"\xef\xbb\xbfa").text("place") == "a"
    assert File("a", "text/plain", b"\xfc").text("place", "iso-8859-1") == "ü"
    for encoding in ("utf-8", "no-such-code"):
        with pytest.raises(BlockError, match="`place`"):
            File("a", "text/plain", b"\xfc").text("place", encoding)
