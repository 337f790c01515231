"""What the journal's suites share: two drivers over one database, and an execution that is claimed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.db.session import Database
from app.engine.events import Event
from app.journal.journal import Journal
from app.journal.recorder import JournalRecorder
from app.journal.records import NewExecution
from tests.support.journals import NOW

LATER = NOW + timedelta(hours=1)


def ignore(event: Event) -> None:
    """A listener that is not interested."""


async def claimed(journal: Journal, new: NewExecution) -> JournalRecorder:
    """Accept and claim an execution; where its events go."""
    await journal.accept(new)
    claim = await journal.claim(new.id, NOW)
    assert claim is not None
    return journal.recorder(new, claim.epoch, ignore)


class JournalStage:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    async def journal(self, database: Database) -> AsyncIterator[Journal]:
        journal = Journal(database, driver="driver-1")
        journal.start()
        yield journal
        await journal.close()

    @pytest.fixture
    async def other(self, database: Database) -> AsyncIterator[Journal]:
        """The journal of a second driver over the same database."""
        journal = Journal(database, driver="driver-2")
        journal.start()
        yield journal
        await journal.close()
