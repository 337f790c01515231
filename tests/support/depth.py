"""How many random cases hypothesis tries: few in the ordinary suite, many when somebody asks for them."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

DEEP = os.environ.get("BLOCKYARD_HYPOTHESIS") == "deep"
TIMES_DEEPER = 40


def examples(usual: int) -> settings:
    """`usual` random cases, or forty times as many with BLOCKYARD_HYPOTHESIS=deep; however long one takes."""
    slow = [HealthCheck.filter_too_much, HealthCheck.too_slow]
    return settings(max_examples=usual * (TIMES_DEEPER if DEEP else 1), deadline=None, suppress_health_check=slow)
