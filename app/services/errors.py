"""How a service refuses: a code for programs, a message for people, an HTTP status, and every problem found."""

from __future__ import annotations

from collections.abc import Sequence

from app.sdk import Json


class ServiceError(Exception):
    """Refusal of a use case (contract.md C10)."""

    def __init__(
        self, code: str, message: str, status: int, details: Sequence[Json] = (), data: dict[str, Json] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = list(details)
        self.data = data or {}


def not_found(thing: str, identifier: str) -> ServiceError:
    """404 for what does not exist or belongs to another workspace; nobody can tell which."""
    return ServiceError(f"{thing.upper()}_NOT_FOUND", f"{thing.capitalize()} `{identifier[:200]}` was not found.", 404)


def invalid(message: str, details: Sequence[Json] = ()) -> ServiceError:
    return ServiceError("VALIDATION_ERROR", message, 400, details)
