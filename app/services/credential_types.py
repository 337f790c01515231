"""The kinds of credential, each with its own form (contract.md G19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from app.services.errors import invalid

MAX_LENGTH: Final = 20_000


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One entry of a credential's form. What is not `secret` may be shown again."""

    name: str
    title: str
    secret: bool = True
    required: bool = True
    multiline: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    help: str = ""
    is_url: bool = False

    @property
    def is_destination(self) -> bool:
        """Whether it says where the secrets are sent."""
        return not self.secret and (self.is_url or self.name == "host")


@dataclass(frozen=True, slots=True)
class CredentialType:
    """`secret_field` is what `${NAME}` stands for."""

    name: str
    title: str
    help: str
    fields: tuple[CredentialField, ...]
    secret_field: str


def _plain(name: str, title: str, **more: str | bool | tuple[str, ...]) -> CredentialField:
    return CredentialField(name, title, secret=False, **more)  # type: ignore[arg-type]


_CLIENT = (
    _plain("token_url", "Token address", is_url=True, help="Where the service gives out tokens."),
    _plain("client_id", "Client ID"),
    CredentialField("client_secret", "Client secret"),
    _plain("scope", "Scopes", required=False, help="Separated by spaces, as the service names them."),
)

TYPES: Final[Mapping[str, CredentialType]] = {
    type.name: type
    for type in (
        CredentialType(
            "bearer",
            "Bearer token",
            "Sent as “Authorization: Bearer …”, as most services want it.",
            (CredentialField("token", "Token"),),
            "token",
        ),
        CredentialType(
            "basic",
            "Username and password",
            "Sent as HTTP basic authentication.",
            (_plain("username", "Username"), CredentialField("password", "Password")),
            "password",
        ),
        CredentialType(
            "header",
            "Header",
            "Sent as a header that you name, for example X-Api-Key.",
            (_plain("header", "Header name"), CredentialField("value", "Value")),
            "value",
        ),
        CredentialType(
            "value",
            "Secret value",
            "Put wherever you write its name, for example in an address.",
            (CredentialField("value", "Value"),),
            "value",
        ),
        CredentialType(
            "oauth2_client",
            "OAuth 2 for programs",
            "Gets a token with a client ID and secret (client credentials), and a new one before it ends.",
            _CLIENT,
            "client_secret",
        ),
        CredentialType(
            "oauth2_code",
            "OAuth 2 with a person's consent",
            "Asks a person at the service for consent once (authorization code), and renews its token from then on.",
            (_plain("authorize_url", "Consent address", is_url=True, help="Where people agree, in their browser."), *_CLIENT),
            "client_secret",
        ),
        CredentialType(
            "llm",
            "Language model provider",
            "The key of a provider of language models, for agents.",
            (
                _plain(
                    "provider",
                    "Provider",
                    choices=("openai", "anthropic", "google", "compatible"),
                    default="openai",
                ),
                CredentialField("api_key", "API key"),
                _plain("base_url", "Address", required=False, is_url=True, help="Only for a compatible server of your own."),
            ),
            "api_key",
        ),
        CredentialType(
            "smtp",
            "Mail server (SMTP)",
            "Sends mail.",
            (
                _plain("host", "Server"),
                _plain("port", "Port", default="587"),
                _plain("security", "Encryption", choices=("starttls", "tls", "none"), default="starttls"),
                _plain("username", "Username", required=False),
                CredentialField("password", "Password", required=False),
            ),
            "password",
        ),
        CredentialType(
            "database",
            "Database",
            "The address of a database, with user and password.",
            (CredentialField("url", "Address", help="For example postgresql://user:password@host:5432/shop", is_url=True),),
            "url",
        ),
        CredentialType(
            "ssh",
            "SSH key",
            "Signs in to a machine with a private key.",
            (
                _plain("host", "Machine"),
                _plain("port", "Port", default="22"),
                _plain("username", "Username"),
                CredentialField("private_key", "Private key", multiline=True),
                CredentialField("passphrase", "Passphrase", required=False),
            ),
            "private_key",
        ),
    )
}


def checked_type(name: str) -> CredentialType:
    if name not in TYPES:
        raise invalid(f"`type` must be one of {', '.join(TYPES)}.", [{"field": "type", "message": "Choose a type."}])
    return TYPES[name]


def checked_data(type: CredentialType, data: Mapping[str, str]) -> dict[str, str]:
    """The fields of a type and no others. Raises 400 with every problem; values are never repeated."""
    known = {field.name for field in type.fields}
    problems = [{"field": f"data.{name[:50]}", "message": "is no field of this type"} for name in data if name not in known]
    checked = {}
    for field in type.fields:
        text = data.get(field.name, "")
        text = text.strip() if not field.secret else text
        text = text or field.default
        problem = _problem(field, text)
        if problem:
            problems.append({"field": f"data.{field.name}", "message": problem})
        elif text:
            checked[field.name] = text
    if problems:
        first = problems[0]
        raise invalid(f"`{first['field']}`: {first['message']}", problems)
    return checked


def _problem(field: CredentialField, text: str) -> str:
    if not text:
        return "Fill this in." if field.required else ""
    if len(text) > MAX_LENGTH:
        return f"This is too long: at most {MAX_LENGTH} characters."
    if not field.multiline and field.name != "value" and any(mark in text for mark in "\r\n\0"):
        return "Enter a single line."
    if field.choices and text not in field.choices:
        return f"Choose one of {', '.join(field.choices)}."
    if field.name == "port" and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        return "Enter a port between 1 and 65535."
    if field.is_url and not _is_address(text, any_scheme=field.name == "url"):
        return "Enter a whole address such as https://example.com/path."
    return ""


def _is_address(text: str, *, any_scheme: bool) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.hostname) and (any_scheme or parts.scheme in ("http", "https"))
