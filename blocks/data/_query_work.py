"""Questions to data, asked in a worker process."""

from __future__ import annotations

import jmespath
import jsonpath
from jmespath.exceptions import JMESPathError
from jsonpath.exceptions import JSONPathError, JSONPointerError

from app.sdk import BlockError, Json

LONGEST_MESSAGE = 300


def run(language: str, expression: str, data: Json) -> Json:
    """The answer; null (JMESPath, JSON Pointer) or an empty list (JSONPath) when nothing is found."""
    try:
        match language:
            case "jmespath":
                return jmespath.search(expression, data)
            case "jsonpath":
                return jsonpath.findall(expression, data)
            case _:
                return jsonpath.JSONPointer(expression).resolve(data, default=None)
    except (JMESPathError, JSONPathError, JSONPointerError) as error:
        message = " ".join(str(error).split())[:LONGEST_MESSAGE]
        raise BlockError("QUERY_INVALID", f"field `expression`: {message}") from None
