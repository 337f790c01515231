"""Starts the workflow when another system calls its address.

Copy the address and the secret into the other system. Deploy the workflow to accept calls without limit, or arm
it to accept exactly one within ten minutes. A call without the right secret is refused.

A JSON object that is sent becomes the variables of the workflow: send `{"order": 7}` and use `variables.order`.
Headers and query of the call are under `execution.request`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator

from app.sdk import Block, Config, Context, Example, Json, Output, SecretText, kind

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


def _only_post() -> list[Method]:
    return ["POST"]


class WebhookConfig(Config):
    """Configuration of the webhook."""

    webhook_id: Annotated[str, kind("webhook_id", mint="uuid")] = Field(
        title="Address", description="The last part of the address that other systems call. A UUID."
    )
    webhook_secret: SecretText = Field(
        "",
        title="Secret",
        max_length=500,
        json_schema_extra={"mint": "uuid"},
        description="Callers send it as `Authorization: Bearer ...`. Without a secret every call is refused.",
    )
    methods: list[Method] = Field(
        default_factory=_only_post, title="Methods", min_length=1, description="Which HTTP methods are accepted."
    )

    @field_validator("webhook_id")
    @classmethod
    def _is_uuid(cls, text: str) -> str:
        try:
            if str(UUID(text)) == text.lower():
                return text
        except ValueError:
            pass
        raise ValueError("must be a UUID" if text else "is needed")


async def execute(context: Context, config: WebhookConfig, value: Json) -> Output:
    return Output(value)


BLOCK = Block(
    type="webhook",
    title="Webhook",
    category="Start",
    icon="webhook",
    description="Starts when another system calls the address of this block.",
    config=WebhookConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"description": "The body of the call as variables."},
    examples=(
        Example(
            "A shop reports an order",
            {"webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": "choose-a-long-one", "methods": ["POST"]},
            input={"order": 7},
            output={"order": 7},
        ),
    ),
)
