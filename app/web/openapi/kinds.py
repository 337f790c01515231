"""The schemas that have names of their own, for the OpenAPI description."""

from __future__ import annotations

from app.sdk import Json
from app.services import texts
from app.services.texts import UNSEEN

Schema = dict[str, Json]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
ANY: Schema = {}
NOTHING: Schema = {"type": "null"}
OBJECT: Schema = {"type": "object"}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 100, "examples": ["0192f7a8-6f0e-7c3b-9d55-3f1c2a4b5e6d"]}
MOMENT: Schema = {"type": "string", "format": "date-time", "examples": ["2026-11-23T08:00:00.000Z"]}
PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
ADDRESS: Schema = {
    "type": "string",
    "format": "iri",
    "maxLength": 2_000,
    "pattern": rf"^https?://([^\s/?#@\\:\[\]{UNSEEN}]+|\[::1\])(:{PORT})?([/?#][^\s{UNSEEN}]*)?$",
    "examples": ["https://example.com/hooks"],
}
"""Where something on the web is."""
EMAIL: Schema = {"type": "string", "pattern": f"^({texts.EMAIL})?$", "examples": ["you@example.com"]}
BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
NETWORK: Schema = {
    "type": "string",
    "anyOf": [
        {"pattern": rf"^{BYTE}(\.{BYTE}){{3}}(/(3[0-2]|[12]?[0-9]))?$"},
        {"format": "ipv6"},
        {"pattern": "^([0-9a-f]{1,4}:){1,6}:/([1-9]?[0-9]|1[01][0-9]|12[0-8])$"},
    ],
    "examples": ["203.0.113.7"],
    "description": "An address, or a network such as 10.0.0.0/8.",
}
