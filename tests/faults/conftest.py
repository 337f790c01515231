"""What the fault tests share: a counting peer, and the database as it is on disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.counting import CountingPeer, counting_peer


@pytest.fixture
def peer() -> Iterator[CountingPeer]:
    with counting_peer() as peer:
        yield peer
