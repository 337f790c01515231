"""The JSON of a graph's parts as it is sent: what may stand where, and how large it may be (contract.md, G24)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OnError = Literal["fail", "continue"]


class StrictForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PositionForm(StrictForm):
    x: float = Field(0, allow_inf_nan=False)
    y: float = Field(0, allow_inf_nan=False)


class RetryForm(StrictForm):
    attempts: int = Field(1, ge=1, le=100)
    delay_ms: int = Field(1_000, ge=0, le=86_400_000)
    factor: float = Field(2.0, ge=1, le=100, allow_inf_nan=False)
    max_delay_ms: int = Field(60_000, ge=0, le=2_592_000_000)
    jitter: float = Field(0.1, ge=0, le=1, allow_inf_nan=False)
    never_for: list[str] = Field(default_factory=list, max_length=100)


class PinForm(StrictForm):
    output: Any = None
    port: str = Field("", max_length=100)


class PolicyForm(StrictForm):
    timeout_ms: int | None = Field(None, ge=1, le=86_400_000)
    total_timeout_ms: int | None = Field(None, ge=1, le=31_536_000_000)
    on_error: OnError = "fail"
    retry: RetryForm = Field(default_factory=RetryForm)
    run_if: str = Field("", max_length=10_000)
    cache_ttl_ms: int | None = Field(None, ge=1, le=31_536_000_000)
    pinned: PinForm | None = None


class BlockForm(StrictForm):
    id: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f<>\"'&\\]+$")
    type: str = Field(min_length=1, max_length=100)
    name: str = Field("", max_length=200)
    position: PositionForm = Field(default_factory=PositionForm)
    config: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True
    notes: str = Field("", max_length=10_000)
    policy: PolicyForm = Field(default_factory=PolicyForm)


class EdgeForm(StrictForm):
    id: str | None = Field(None, max_length=200)
    source: str
    target: str
    sourceHandle: str | None = Field(None, max_length=100)  # noqa: N815 - the contract's spelling
    targetHandle: str | None = Field(None, max_length=100)  # noqa: N815
