"""All that every journal must do, whatever database it is in; a test module subclasses it with a `database` fixture."""

from __future__ import annotations

from tests.journal.ownership_suite import OwnershipSuite
from tests.journal.records_suite import RecordsSuite
from tests.journal.signals_suite import SignalsSuite


class JournalSuite(OwnershipSuite, RecordsSuite, SignalsSuite):
    """Inherited by the tests of each database."""
