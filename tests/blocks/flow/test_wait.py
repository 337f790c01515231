"""The wait block: for a while, or until a moment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Json, Wait
from blocks.flow.wait import BLOCK

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("config", "until"),
    [
        ({"seconds": 90}, datetime(2026, 6, 1, 12, 1, 30, tzinfo=UTC)),
        ({"seconds": "{{ 60 * 60 }}"}, datetime(2026, 6, 1, 13, tzinfo=UTC)),
        ({"until": "2026-12-24T18:00:00+01:00"}, datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ({"until": "2026-12-24"}, datetime(2026, 12, 24, tzinfo=UTC)),
    ],
)
async def test_the_moment(stage: Any, config: dict[str, Json], until: datetime) -> None:
    assert await stage().run("flow.wait", config, "kept") == Wait(until, "kept")


@pytest.mark.parametrize(
    "config", [{}, {"seconds": 1, "until": "2026-12-24"}, {"seconds": -1}, {"seconds": 40_000_000}, {"until": "soon"}]
)
def test_exactly_one_sensible_time_is_needed(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1


def test_templates_are_not_judged_before_they_are_filled_in() -> None:
    assert validate_config(BLOCK, {"until": "{{ variables.when }}"}) == []
    assert validate_config(BLOCK, {"seconds": "{{ variables.pause }}"}) == []
