"""A poll of a service on the real engine: what is new starts the workflow, also after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.db import watches
from app.engine.values import decode_stored
from app.services.watchers import Watchers
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.peer import Peer, Reply
from tests.support.studio import opened_studio

pytestmark = pytest.mark.anyio

ISSUES = "/api/v4/projects/5/issues"


async def test_new_entries_of_a_service_start_the_workflow(tmp_path: Path) -> None:
    with Peer() as gitlab:
        async with opened_studio(tmp_path, egress_allow=("127.0.0.1",)) as studio:
            server = studio.server
            account = {"address": gitlab.url, "username": "", "secret": "token-of-ada"}
            await server.services.credentials.create(studio.actor, "GITLAB", "server", account)
            config = {"credential": "GITLAB", "project": "5", "interval_seconds": 10}
            workflow = await studio.new(block("seen", "gitlab.on_new_issue", config), deploy=True)

            def issues(*numbers: int) -> None:
                gitlab.replies[ISSUES] = Reply([{"iid": number, "title": f"Bug {number}"} for number in numbers])

            async def begun() -> bool | None:
                async with server.database.read() as connection:
                    row = await watches.find(connection, workflow, "seen")
                return True if row is not None and row.cursor is not None else None

            async def started() -> list[Any] | None:
                return [decode_stored(row.input)["title"] for row in await studio.executions(workflow)] or None

            issues(1)
            server.watchers.start()
            await until(begun, 30)
            await server.watchers.stop()
            assert await started() is None
            issues(2, 1)
            again = Watchers(
                server.database, server.services.catalog, server.lending.programs, server.watchers._starts, server.lending,
                server.bus,
            )  # fmt: skip
            again.start()  # it looks at once
            assert await until(started, 30) == ["Bug 2"]
            await again.stop()
            seen = gitlab.calls(ISSUES)[-1]
            assert (seen.headers["private-token"], "state=all" in seen.path) == ("token-of-ada", True)
