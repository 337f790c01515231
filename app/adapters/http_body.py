"""Reading a response without trusting its size: bytes are counted after decompression, a step at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from app.sdk import BlockError

DETECT_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
STEP_BYTES = 65_536


async def read_bounded(response: httpx.Response, limit: int) -> bytes:
    """The decompressed body; BlockError RESPONSE_TOO_LARGE as soon as it is longer than `limit` bytes."""
    host = response.url.host
    decoder = _decoder(response.headers.get("content-encoding", ""), host)
    body = bytearray()
    async for chunk in response.aiter_raw():
        for piece in decoder.pieces(chunk) if decoder else (chunk,):
            body += piece
            if len(body) > limit:
                raise BlockError("RESPONSE_TOO_LARGE", f"The answer of {host} is larger than {limit} bytes")
    if decoder and not decoder.complete:
        raise decoder.broken()
    return bytes(body)


def _decoder(coding: str, host: str) -> _Decoder | None:
    match coding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Decoder(host)
    raise BlockError("RESPONSE_ENCODING", f"{host} answered with a compression that was not asked for")


class _Decoder:
    """Decompresses in pieces of at most STEP_BYTES, so that a small bomb never becomes a large buffer."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._stream = zlib.decompressobj(DETECT_GZIP_OR_ZLIB)
        self._started = False

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._started

    def broken(self) -> BlockError:
        return BlockError("RESPONSE_ENCODING", f"The answer of {self._host} is compressed in a broken way")

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        self._started = True
        piece = b""
        while not self._stream.eof and (chunk or len(piece) == STEP_BYTES):
            try:
                piece = self._stream.decompress(chunk, STEP_BYTES)
            except zlib.error:
                raise self.broken() from None
            chunk = self._stream.unconsumed_tail
            yield piece
