"""Starts the workflow when somebody fills in its form.

The form is a page of its own with the title, the text and the fields that you list. Deploy the workflow to open it, give its
address to people, and each time that somebody sends it, the workflow runs: the blocks use what was filled in as
`variables.name`. An armed workflow takes exactly one. While it is neither deployed nor armed, the page says that it is closed.

What is filled in is checked before anything starts: required fields, numbers, dates, e-mail addresses and choices. A form
that is sent twice, for example by a second click, runs once. A file arrives as a file that other blocks can read; all of a
form may have 1 MB.

When the workflow has a Respond block, its answer is shown on the page: a text as text, data as data, a file as a download,
and a redirect leads on. Otherwise people read the thanks that you write, or are led to the address that you name.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from app.sdk import Block, Context, Example, Json, Multiline, Output
from blocks.core._fields import ADVANCED
from blocks.flow._forms import PageField, check_names, read_form
from blocks.triggers._page import PageConfig

PAGE_ID = "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d21"


class FormConfig(PageConfig):
    """Configuration of the form."""

    fields: list[PageField] = Field(title="Fields", min_length=1, max_length=50, description="What is to be filled in.")
    button: str = Field("Send", title="Button", min_length=1, max_length=60, description="What the button says.")
    thanks: Multiline = Field(
        "Thank you. It has been sent.",
        title="Thanks",
        min_length=1,
        max_length=5_000,
        description="What people read afterwards when the workflow answers nothing itself.",
    )
    redirect_url: str = Field(
        "",
        title="Lead on to",
        max_length=2_000,
        description="An address that begins with https://, instead of the thanks.",
        json_schema_extra=ADVANCED | {"placeholder": "https://example.com/thanks"},
    )

    @field_validator("fields")
    @classmethod
    def _names_differ(cls, fields: list[PageField]) -> list[PageField]:
        return check_names(fields)

    @field_validator("redirect_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and (not url.startswith(("https://", "http://")) or not url.isprintable() or " " in url):
            raise ValueError("an address begins with https://")
        return url


async def execute(context: Context, config: FormConfig, value: Json) -> Output:
    return Output(read_form(config.fields, value))


BLOCK = Block(
    type="trigger.form",
    title="When a form is filled in",
    category="Start",
    icon="clipboard-list",
    description="Starts when somebody fills in the form on a page of its own.",
    config=FormConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"type": "object", "description": "What was filled in, by field; null where it was left out."},
    examples=(
        Example(
            "A question to the shop",
            {
                "page_id": PAGE_ID,
                "title": "Ask us",
                "fields": [
                    {"name": "email", "type": "email", "label": "Your e-mail address", "required": True},
                    {"name": "topic", "type": "choice", "label": "Topic", "options": ["Order", "Return", "Other"]},
                    {"name": "question", "type": "multiline", "label": "Your question", "required": True},
                ],
            },
            input={"email": "ada@example.com", "question": "Where is it?"},
            output={"email": "ada@example.com", "topic": None, "question": "Where is it?"},
        ),
        Example(
            "Colleagues report a defect, with a picture",
            {
                "page_id": PAGE_ID,
                "title": "Report a defect",
                "access": "members",
                "fields": [
                    {"name": "room", "type": "number", "label": "Room", "required": True},
                    {"name": "picture", "type": "file", "label": "Picture"},
                ],
                "button": "Report",
                "thanks": "We are on our way.",
            },
            input={"room": 12},
            output={"room": 12, "picture": None},
        ),
    ),
)
