"""The short form of the loop of kills; the long one is run by hand."""

from __future__ import annotations

from tests.faults.kill_loop import KillLoop
from tests.support.counting import CountingPeer
from tests.support.depth import DEEP
from tests.support.server import ServerProcess

ROUNDS = 12 if DEEP else 3


def test_kills_at_any_moment_under_load_lose_nothing_and_repeat_nothing(own_server: ServerProcess, peer: CountingPeer) -> None:
    figures = KillLoop(own_server, peer).run(ROUNDS, seed=5)
    assert figures.answered > ROUNDS, "the kills left no time for any call"
    assert (figures.lost, figures.unfinished_or_wrong, figures.recorded_and_repeated) == (0, 0, 0), figures
