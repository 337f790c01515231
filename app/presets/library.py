"""The services that this installation knows: compiled manifests, read when one of their blocks is first asked for.

A compiled file has an index in its first line, `{"service": [[operations], [triggers], [polls]]}`, and one manifest in each
further line.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from app.sdk import Block
from app.sdk.lazy import lazy

if TYPE_CHECKING:
    from app.presets import manifest as manifests
    from app.presets import operation as operations
    from app.presets import poll as polls
    from app.presets import trigger as triggers
    from app.presets.manifest import Manifest
else:
    manifests, operations = lazy("app.presets.manifest"), lazy("app.presets.operation")
    polls, triggers = lazy("app.presets.poll"), lazy("app.presets.trigger")

logger = logging.getLogger(__name__)

WEBHOOK = "webhook"
"""What a trigger's block is, once it is placed."""

BUILT_IN = Path(__file__).parents[2] / "blocks" / "apps" / "compiled.jsonl"
SUFFIX = ".jsonl"
MAX_BYTES = 5_000_000


class BrokenPreset(Exception):
    """A compiled manifest that cannot be read; the message names the file."""


class Presets:
    """Blocks of services, by type."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self._lines: dict[str, bytes] = {}
        self._types: dict[str, str] = {}
        self._triggers: set[str] = set()
        self._polls: set[str] = set()
        self._made: dict[str, Block] = {}
        for file in files:
            self._index(file)

    @classmethod
    def load(cls, directory: Path | None = None) -> Presets:
        """What comes with Blockyard, and what the operator has imported; a broken one of these is left out, and logged."""
        found = cls([BUILT_IN])
        for file in sorted(directory.glob(f"*{SUFFIX}")) if directory is not None and directory.is_dir() else ():
            try:
                found._index(file)
            except BrokenPreset as error:
                logger.error("%s", error)
        return found

    @staticmethod
    def ids_in(directory: Path) -> list[str]:
        """The services that the operator has imported."""
        return sorted(file.stem for file in directory.glob(f"*{SUFFIX}"))

    def get(self, type: str) -> Block | None:
        """The block of a type."""
        if type not in self._types:
            return None
        if type not in self._made:
            try:
                self._make(self._types[type])
            except BrokenPreset as error:
                logger.error("%s", error)
                self._types = {name: service for name, service in self._types.items() if service != self._types[type]}
        return self._made.get(type)

    def __contains__(self, type: str) -> bool:
        return type in self._types

    def __len__(self) -> int:
        return len(self._types)

    def __iter__(self) -> Iterator[Block]:
        """Every block, service by service."""
        for type in list(self._types):
            block = self.get(type)
            if block is not None:
                yield block

    def canonical(self, type: str) -> str | None:
        """The type that a block has in a workflow: its own, or for a trigger that of the webhook block."""
        return WEBHOOK if type in self._triggers else type if type in self._types else None

    @property
    def polled(self) -> frozenset[str]:
        """The types that look around by themselves."""
        return frozenset(self._polls)

    def manifests(self) -> Iterator[Manifest]:
        """Every manifest, read anew."""
        for service in self._lines:
            yield self._manifest(service)

    def _index(self, file: Path) -> None:
        try:
            content = file.read_bytes()
            if len(content) > MAX_BYTES:
                raise BrokenPreset(f"{file} is larger than {MAX_BYTES:,} bytes")
            first, *lines = content.splitlines()
            index: Mapping[str, list[list[str]]] = json.loads(first)
            taken = [service for service in index if service in self._lines]
            if taken:
                raise BrokenPreset(f"{file}: there is a service `{taken[0]}` already")
            for (service, (names, hooks, *rest)), line in zip(index.items(), lines, strict=True):
                polled = rest[0] if rest else []  # files of earlier versions have none
                self._lines[service] = line
                self._types |= {f"{service}.{name}": service for name in (*names, *hooks, *polled)}
                self._triggers.update(f"{service}.{name}" for name in hooks)
                self._polls.update(f"{service}.{name}" for name in polled)
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise BrokenPreset(f"{file} cannot be read: compile it anew with `blockyard presets import`") from error

    def _manifest(self, service: str) -> Manifest:
        try:
            return manifests.Manifest.model_validate_json(self._lines[service])
        except ValidationError as error:
            raise BrokenPreset(f"the manifest of `{service}` is not valid any more: import it anew") from error

    def _make(self, service: str) -> None:
        manifest = self._manifest(service)
        for name, operation in manifest.operations.items():
            block = operations.block_of(manifest, name, operation)
            self._made[block.type] = block
        for name, trigger in manifest.triggers.items():
            block = triggers.block_of_trigger(manifest, name, trigger)
            self._made[block.type] = block
        for name, poll in manifest.polls.items():
            block = polls.block_of_poll(manifest, name, poll)
            self._made[block.type] = block


def compiled(manifests: Iterable[Manifest]) -> bytes:
    """The content of a compiled file."""
    found = sorted(manifests, key=lambda manifest: manifest.name.lower())
    index = {manifest.id: [list(manifest.operations), list(manifest.triggers), list(manifest.polls)] for manifest in found}
    lines = [json.dumps(index, separators=(",", ":"))]
    lines += [manifest.model_dump_json(exclude_defaults=True, by_alias=True) for manifest in found]
    return ("\n".join(lines) + "\n").encode()
