"""What triggers with a page of their own have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, field_validator

from app.sdk import Config, Multiline, kind
from blocks.core._fields import ADVANCED

MOST_A_MINUTE = 1_000


class PageConfig(Config):
    """A trigger with a page at an address of its own."""

    page_id: Annotated[str, kind("page_id", mint="uuid")] = Field(
        title="Address", description="The last part of the address of the page. A UUID."
    )
    title: str = Field(title="Title", min_length=1, max_length=200, description="The heading of the page.")
    description: Multiline = Field("", title="Text", max_length=5_000, description="What stands below the title.")
    access: Literal["public", "members"] = Field(
        "public",
        title="Who may use it",
        description="`public`: whoever knows the address. `members`: people of this workspace who may run workflows.",
    )
    per_minute: int = Field(
        20,
        title="From one address, a minute",
        ge=1,
        le=MOST_A_MINUTE,
        description="Whoever sends more is told to wait.",
        json_schema_extra=ADVANCED,
    )

    is_guarded: ClassVar[bool] = False
    """It is no webhook, so nothing of what webhooks are asked matters."""

    @field_validator("page_id")
    @classmethod
    def _is_uuid(cls, text: str) -> str:
        try:
            if str(UUID(text)) == text.lower():
                return text
        except ValueError:
            pass
        raise ValueError("must be a UUID" if text else "is needed")
