"""Which model the copilot asks, set up by an administrator in one form, and what everybody may spend on it in a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.adapters.llm import ExecutionModels, LanguageModels
from app.db import copilot as queries
from app.db.copilot import UsageRow
from app.db.session import Database
from app.engine.values import decode_stored, encode
from app.sdk import BlockError, Json, ModelLimits, ModelRequest, ModelTool, ModelUsage
from app.services.actors import Actor
from app.services.audit import record
from app.services.credentials import Credentials, OpenedCredential
from app.services.errors import ServiceError, invalid
from app.services.execution_secrets import ExecutionSecrets
from app.services.model_keys import ExecutionKeys
from app.settings import Settings

DAILY_TOKENS = 300_000
MODEL_TYPES = ("llm", "bearer", "header", "basic")
"""Types of credentials that can sign calls of a model's server."""
PROVIDERS = {"openai-compatible": "compatible", "anthropic": "anthropic", "google": "google"}
"""What credentials call these providers."""
CREDENTIAL = "COPILOT_KEY"
NO_MODEL = "No language model is set up for the copilot."


class CopilotModel(BaseModel):
    """The settings of one workspace. Prices are for a million tokens; the limits hold for each person and day."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    provider: Literal["openai-compatible", "anthropic", "google"] = "openai-compatible"
    base_url: str = Field("", max_length=2_000)
    model: str = Field("", max_length=200)
    credential: str = Field("", max_length=100)
    input_price: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0.0
    output_price: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0.0
    daily_tokens: Annotated[int, Field(ge=0, le=1_000_000_000)] = DAILY_TOKENS
    daily_cost: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    shares_values: bool = False

    @model_validator(mode="after")
    def _whole(self) -> CopilotModel:
        if not self.model:
            raise ValueError("model: name the model")
        if self.provider == "openai-compatible" and not self.base_url:
            raise ValueError("base_url: a compatible server needs its address, for example http://localhost:11434/v1")
        if self.base_url and not _is_address(self.base_url):
            raise ValueError("base_url: enter a whole address such as http://localhost:11434/v1")
        return self


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model that answers in a workspace; `of_server`: it is the operator's, whose address may be private."""

    settings: CopilotModel
    of_server: bool


@dataclass(frozen=True, slots=True)
class Spending:
    """What a person has used today, and may use."""

    tokens: int
    cost: float
    requests: int
    daily_tokens: int
    daily_cost: float | None
    is_priced: bool

    def as_json(self) -> dict[str, Json]:
        limit = {"daily_tokens": self.daily_tokens, "daily_cost": self.daily_cost}
        return {"tokens": self.tokens, "cost": round(self.cost, 6), "requests": self.requests, "priced": self.is_priced, **limit}


class CopilotModels:
    def __init__(self, database: Database, credentials: Credentials, models: LanguageModels, settings: Settings) -> None:
        self._database = database
        self._credentials = credentials
        self._models = models
        self._settings = settings

    async def chosen(self, workspace_id: str) -> Chosen | None:
        """What the workspace has set up, else what the operator has; None without any."""
        async with self._database.read() as connection:
            stored = await queries.stored_settings(connection, workspace_id)
        if stored is not None:
            return Chosen(CopilotModel.model_validate(decode_stored(stored)), of_server=False)
        if self._settings.model_base_url and self._settings.model:
            address = self._settings.model_base_url.rstrip("/")
            return Chosen(CopilotModel(base_url=address, model=self._settings.model), of_server=True)
        return None

    async def demanded(self, workspace_id: str) -> Chosen:
        """Raises 409 when no model is set up."""
        found = await self.chosen(workspace_id)
        if found is None:
            raise ServiceError("NO_MODEL", f"{NO_MODEL} An administrator can do that on the page Copilot.", 409)
        return found

    async def save(self, actor: Actor, raw: Json, key: str = "") -> CopilotModel:
        """Set the model of a workspace; a `key` that is given becomes a credential. Raises 400 naming every field."""
        actor.demand("settings.write")
        wanted = read_model(raw)
        if key:
            wanted = wanted.model_copy(update={"credential": await self._keep_key(actor, wanted, key)})
        elif wanted.credential:
            await self._check_credential(actor, wanted)
        async with self._database.write() as connection:
            await queries.put_settings(connection, actor.workspace_id, encode(wanted.model_dump(mode="json")), datetime.now(UTC))
            await record(connection, actor, "copilot.model", f"{wanted.provider} {wanted.model}"[:200])
        return wanted

    async def forget(self, actor: Actor) -> None:
        """Take the workspace's own model away."""
        actor.demand("settings.write")
        async with self._database.write() as connection:
            await queries.put_settings(connection, actor.workspace_id, None, datetime.now(UTC))
            await record(connection, actor, "copilot.model", "none")

    async def _keep_key(self, actor: Actor, wanted: CopilotModel, key: str) -> str:
        """The name of the credential that holds a key which was typed in."""
        data = {"provider": PROVIDERS[wanted.provider], "api_key": key}
        data |= {"base_url": wanted.base_url} if wanted.base_url else {}
        listed = await self._credentials.list(actor)
        own = next((found for found in listed if found.name == CREDENTIAL), None)
        if own is None:
            return (await self._credentials.create(actor, CREDENTIAL, "llm", data)).name
        if own.type != "llm":
            raise _wrong("api_key", f"There is a credential {CREDENTIAL} of another type: choose one below instead.")
        return (await self._credentials.update(actor, own.id, data={"base_url": "", **data})).name

    async def _check_credential(self, actor: Actor, wanted: CopilotModel) -> None:
        """A stored key is not sent to another place than the one that it was entered for."""
        found = next((one for one in await self._credentials.list(actor) if one.name == wanted.credential), None)
        if found is None or found.type not in MODEL_TYPES:
            raise _wrong("credential", "There is no such credential that could sign calls of a model.")
        place = found.shown.get("base_url", "").rstrip("/")
        if found.type == "llm" and place and place != wanted.base_url.rstrip("/"):
            raise _wrong("api_key", "The address changes, so the key must be entered again.")

    # -- asking ------------------------------------------------------------------------------------------------------

    async def lent(self, workspace_id: str, chosen: Chosen) -> ExecutionModels:
        """The models with the one secret that signs the calls."""
        name = chosen.settings.credential
        opened = await self._credentials.store.opened_by_name(workspace_id, name) if name else None
        used = {} if opened is None else {name: opened}
        base = {"model_base_url": self._settings.model_base_url.rstrip("/")} if chosen.of_server else {}
        api_key = self._settings.model_api_key if chosen.of_server else ""
        return self._models.lent_with(ExecutionKeys(ExecutionSecrets(used, {}, base, api_key)))

    def request(self, chosen: Chosen, prompt: str) -> ModelRequest:
        """A conversation with the chosen model, to be filled in."""
        own = chosen.settings
        address = own.base_url.rstrip("/")
        return ModelRequest(
            own.provider, address, own.model, prompt, credential=own.credential, trusted=chosen.of_server
        )

    async def try_out(self, actor: Actor, raw: Json, key: str = "") -> Trial:
        """Ask a model once, with a tool to use. Nothing is stored but what it cost."""
        actor.demand("settings.write")
        wanted = read_model(raw)
        if key:
            wanted = wanted.model_copy(update={"credential": CREDENTIAL})
        elif wanted.credential:
            await self._check_credential(actor, wanted)
        chosen = Chosen(wanted, of_server=False)
        used: list[Json] = []

        async def note(arguments: dict[str, Json]) -> Json:
            used.append(arguments)
            return {"ok": True}

        schema = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
        tool = ModelTool("report", "Reports a word.", schema, note)
        prompt = "Use the tool `report` with the word `ready`. Then answer with the single word: ready"
        asked = self.request(chosen, prompt)
        # Streamed, as the copilot will ask: there are servers that can use tools only in whole answers.
        request = replace(asked, tools=(tool,), limits=self.limits(wanted, None), stream=lambda _: None)
        lent = await self._lent_with_key(actor.workspace_id, chosen, key)
        try:
            answer = await lent.converse(request)
        except BlockError as error:
            return Trial(False, error.message)
        await self.charge(actor, answer.usage)
        if not used:
            message = f"{wanted.model} answers, but did not use the tool that it was given. The copilot needs a model with tools."
            return Trial(False, message)
        return Trial(True, f"{wanted.model} answers and can use tools.")

    async def _lent_with_key(self, workspace_id: str, chosen: Chosen, key: str) -> ExecutionModels:
        if not key:
            return await self.lent(workspace_id, chosen)
        data = {"provider": PROVIDERS[chosen.settings.provider], "api_key": key}
        secrets = ExecutionSecrets({CREDENTIAL: OpenedCredential(CREDENTIAL, "llm", data)}, {}, {}, "")
        return self._models.lent_with(ExecutionKeys(secrets))

    # -- spending ----------------------------------------------------------------------------------------------------

    def limits(self, settings: CopilotModel, left: Spending | None, max_steps: int = 6) -> ModelLimits:
        """Where a conversation must end: after so many steps, or when what is left of the day is used up."""
        tokens = None if left is None or not left.daily_tokens else max(1, left.daily_tokens - left.tokens)
        cost = None if left is None or left.daily_cost is None else max(0.0, left.daily_cost - left.cost)
        return ModelLimits(max_steps, tokens, cost, settings.input_price, settings.output_price)

    async def spending(self, actor: Actor, chosen: Chosen) -> Spending:
        """What this person has used today."""
        async with self._database.read() as connection:
            row = await queries.usage(connection, actor.workspace_id, actor.user_id, today())
        own = chosen.settings
        priced = bool(own.input_price or own.output_price)
        tokens = row.input_tokens + row.output_tokens
        return Spending(tokens, row.cost, row.requests, own.daily_tokens, own.daily_cost, priced)

    async def check(self, actor: Actor, chosen: Chosen) -> Spending:
        """Raises 429 when this person has used up what a day allows."""
        spent = await self.spending(actor, chosen)
        if spent.daily_tokens and spent.tokens >= spent.daily_tokens:
            raise _used_up(f"You have used the {spent.daily_tokens:,} tokens of today.")
        if spent.daily_cost is not None and spent.cost >= spent.daily_cost:
            raise _used_up(f"You have used up the {spent.daily_cost:g} that the copilot may cost you today.")
        return spent

    async def charge(self, actor: Actor, usage: ModelUsage) -> None:
        """Add to what this person has used today."""
        async with self._database.write(counts=False) as connection:
            row = await queries.usage(connection, actor.workspace_id, actor.user_id, today())
            new = UsageRow(
                row.workspace_id,
                row.user_id,
                row.day,
                row.input_tokens + usage.input_tokens,
                row.output_tokens + usage.output_tokens,
                row.requests + usage.requests,
                row.cost + usage.cost,
            )
            await queries.put_usage(connection, new)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a first question to a model went."""

    works: bool
    message: str


def read_model(raw: Json) -> CopilotModel:
    """Settings as they are sent. Raises 400 naming every field that is wrong."""
    try:
        return CopilotModel.model_validate(raw)
    except ValidationError as error:
        details = []
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            text = item["msg"].removeprefix("Value error, ")
            field, _, message = text.rpartition(": ") if not item["loc"] else (str(item["loc"][0]), "", text)
            details.append({"field": field, "message": f"{message[:1].upper()}{message[1:].rstrip('.')}."})
        raise invalid(f"`{details[0]['field']}`: {details[0]['message']}", details) from None


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def _wrong(field: str, message: str) -> ServiceError:
    return invalid(message, [{"field": field, "message": message}])


def _used_up(message: str) -> ServiceError:
    now = datetime.now(UTC)
    seconds = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    return ServiceError("DAILY_LIMIT", f"{message} It starts anew at midnight UTC.", 429, data={"retry_after": seconds})
