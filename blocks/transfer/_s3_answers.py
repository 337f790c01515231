"""What an object storage answers, in XML, which may not bring entities along."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.sdk import BlockError, HttpResponse, Json

DENIED = (
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "ExpiredToken",
    "AuthorizationHeaderMalformed",
)
LATER = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted")


def listed(answer: HttpResponse) -> tuple[list[Json], str]:
    """The entries of a list, folders too, and where the next page begins; empty at the end."""
    root = _parsed(answer)
    objects = [
        {
            "key": _text(found, "Key"),
            "size": int(_text(found, "Size") or 0),
            "modified": _text(found, "LastModified"),
            "etag": _text(found, "ETag").strip('"'),
        }
        for found in root.iterfind("{*}Contents")
    ]
    folders = [
        {"key": _text(found, "Prefix"), "size": None, "modified": None, "etag": ""}
        for found in root.iterfind("{*}CommonPrefixes")
    ]
    return [*folders, *objects], _text(root, "NextContinuationToken") if _text(root, "IsTruncated") == "true" else ""


def failure(host: str, answer: HttpResponse) -> BlockError:
    """The BlockError that an error stands for."""
    status, code, told = answer.status_code, "", ""
    if answer.content:
        try:
            root = _parsed(answer)
            code, told = _text(root, "Code")[:100], _text(root, "Message")[:200]
        except BlockError:
            pass
    words = f"{host} answers {status}" + (f" {code}: {told}" if code else "")
    if code in DENIED or status in (401, 403):
        return BlockError("LOGIN_REFUSED", words, details={"status_code": status, "code": code}, retryable=False)
    again = code in LATER or status in (408, 429) or status >= 500
    name = "OBJECT_MISSING" if status == 404 else "STORAGE"
    return BlockError(name, words, details={"status_code": status, "code": code}, retryable=again)


def is_failed_copy(answer: HttpResponse) -> bool:
    """A copy may fail after its status has been sent."""
    return answer.content.strip().endswith(b"</Error>")


def _parsed(answer: HttpResponse) -> Element:
    try:
        root: Element = fromstring(answer.content)
    except (ParseError, DefusedXmlException, ValueError):
        raise BlockError("STORAGE", "the storage did not answer in the protocol of S3", retryable=False) from None
    return root


def _text(found: Element, name: str) -> str:
    return found.findtext(f"{{*}}{name}") or found.findtext(name) or ""
