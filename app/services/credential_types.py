"""The kinds of credential, each with its own form (contract.md G19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


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

_AUTHORITY = _plain(
    "authority",
    "Certificate authority",
    required=False,
    multiline=True,
    help="PEM, only where the server's certificate does not come from a public authority.",
)
_USER = (_plain("username", "Username"), CredentialField("password", "Password"))

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
            "server",
            "Server of your own",
            "The address of a server or site and a key for it, for blocks of services that anybody can run.",
            (
                _plain("address", "Address", is_url=True, help="For example https://chat.example.com"),
                _plain("username", "Username", required=False, help="Where the service wants one beside the key."),
                CredentialField("secret", "Key, token or password"),
            ),
            "secret",
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
                _AUTHORITY,
            ),
            "password",
        ),
        CredentialType(
            "imap",
            "Mailbox (IMAP)",
            "Reads mail.",
            (
                _plain("host", "Server"),
                _plain("port", "Port", default="993"),
                _plain("security", "Encryption", choices=("tls", "starttls", "none"), default="tls"),
                *_USER,
                _AUTHORITY,
            ),
            "password",
        ),
        CredentialType(
            "ftp",
            "File server (FTP)",
            "Signs in to a file server.",
            (
                _plain("host", "Server"),
                _plain("port", "Port", default="21"),
                _plain("security", "Encryption", choices=("starttls", "tls", "none"), default="starttls"),
                *_USER,
                _AUTHORITY,
            ),
            "password",
        ),
        CredentialType(
            "s3",
            "Object storage (S3)",
            "Keys of a storage that speaks the protocol of Amazon S3.",
            (
                _plain("endpoint", "Address", is_url=True, help="For example https://s3.eu-central-1.amazonaws.com"),
                _plain("region", "Region", default="us-east-1"),
                _plain("access_key", "Access key"),
                CredentialField("secret_key", "Secret key"),
                CredentialField("session_token", "Session token", required=False, help="Only for keys that end."),
            ),
            "secret_key",
        ),
        CredentialType(
            "broker",
            "Message broker",
            "The address of a message broker, with user and password.",
            (
                CredentialField("url", "Address", help="For example amqps://user:password@host/ or mqtts://…", is_url=True),
                _AUTHORITY,
            ),
            "url",
        ),
        CredentialType(
            "database",
            "Database",
            "The address of a database, with user and password.",
            (
                CredentialField("url", "Address", help="For example postgresql://user:password@host:5432/shop", is_url=True),
                _AUTHORITY,
            ),
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
                _plain(
                    "host_key",
                    "Key of the machine",
                    required=False,
                    multiline=True,
                    help="By which it is recognised: the lines that `ssh-keyscan` prints for it.",
                ),
            ),
            "private_key",
        ),
    )
}
