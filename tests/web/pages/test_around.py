"""The pages around the studio: executions by the dozen, a chart, schedules, stored values, groups and tags, files of steps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.services.charts import Day, percentile
from app.web.chart_views import chart
from app.web.form_policy import read_span, span_text
from app.web.value_views import data_table, data_tree
from tests.support.graphs import block, edge
from tests.support.server import Client

PAGE = {"Accept": "text/html"}


def made(client: Client, *blocks: dict[str, object], edges: tuple[str, ...] = ()) -> dict[str, str]:
    body = {"name": f"Around {uuid4().hex}", "blocks": list(blocks), "edges": [edge(text) for text in edges]}
    workflow: dict[str, str] = client.post("/api/workflows", json=body).json()
    return workflow


def failing(client: Client) -> dict[str, str]:
    return made(client, block("start", "starter"), block("broken", "code", {"code": "return 1 / 0"}), edges=("start>broken",))


def ran(client: Client, workflow: str) -> str:
    return str(client.post(f"/api/workflows/{workflow}/execute", json={}).json()["execution_id"])


def send(client: Client, path: str, form: dict[str, object]) -> str:
    answer = client.post(path, data=form, headers=PAGE, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_many_executions_are_retried_at_once_and_what_makes_no_sense_is_left(client: Client) -> None:
    workflow = failing(client)["id"]
    failed = [ran(client, workflow) for _ in range(2)]
    page = send(client, "/executions/bulk", {"id": [*failed, str(uuid4())], "do": "retry", "workflow": workflow})
    assert "2 of 3 executions were changed." in page
    listed = client.get(f"/api/executions?workflow_id={workflow}").json()["executions"]
    assert {one["retry_of"] for one in listed} == {None, *failed}
    assert "0 of 2 executions" in send(client, "/executions/bulk", {"id": failed, "do": "cancel", "workflow": workflow})
    assert client.post("/executions/bulk", data={"id": failed, "do": "sing"}, headers=PAGE).status_code == 400


def test_a_chart_counts_what_ran_and_what_failed(client: Client) -> None:
    workflow = failing(client)["id"]
    ran(client, workflow)
    page = client.get(f"/workflows/{workflow}/chart", headers=PAGE).text
    assert 'aria-label="1 executions in 14 days, 1 failed"' in page
    assert client.get(f"/workflows/{uuid4()}/chart", headers=PAGE).status_code == 404


def test_the_bars_of_a_chart_are_as_high_as_their_numbers() -> None:
    today = datetime(2026, 1, 2, tzinfo=UTC).date()
    drawn = chart([Day(today, 0, 0, None), Day(today, 10, 5, 100.0), Day(today, 5, 0, 50.0)])
    assert [(bar.height, bar.failed_height) for bar in drawn.bars] == [(0, 0), (64, 32), (32, 0)]
    assert (drawn.runs, drawn.failures, len(drawn.line.split())) == (15, 5, 2)
    assert percentile([float(number) for number in range(100)], 0.95) == 95
    assert percentile([], 0.95) is None


def test_the_calendar_shows_what_is_deployed_and_only_that(client: Client) -> None:
    daily = made(client, block("plan", "trigger.schedule", {"cron": "15 3 * * *"}))
    often = made(client, block("plan", "trigger.schedule", {"interval_seconds": 600}))
    drawn = made(client, block("plan", "trigger.schedule", {"cron": "15 3 * * *"}))
    for workflow in (daily, often):
        assert client.post(f"/api/workflows/{workflow['id']}/deploy", json={}).status_code == 200
    page = client.get("/schedules", headers=PAGE).text
    assert page.count(daily["name"]) in (6, 7, 8), "once a day, for a week that begins and ends at this hour"
    assert re.search(rf"{often['name']}</a> <span[^>]*>every 10 min", page)
    assert drawn["name"] not in page
    for workflow in (daily, often):
        client.post(f"/api/workflows/{workflow['id']}/undeploy", json={})
    assert daily["name"] not in client.get("/schedules", headers=PAGE).text


def test_a_stored_value_is_set_changed_and_deleted_and_a_stale_change_is_refused(client: Client) -> None:
    namespace, key = f"n{uuid4().hex}", "<b>key</b>"
    form = {"namespace": namespace, "key": key, "value": '{"a": 1}', "expires": "2 h"}
    send(client, "/stored-values", form)
    page = client.get(f"/stored-values?namespace={namespace}", headers=PAGE).text
    assert "&lt;b&gt;key&lt;/b&gt;" in page
    address = re.search(r'href="(/stored-values/[\w-]+)"', page)
    assert address
    assert "&#34;a&#34;: 1" in client.get(address[1], headers=PAGE).text
    send(client, "/stored-values", form | {"value": "plain", "revision": "1"})
    stale = client.post("/stored-values", data=form | {"value": "lost", "revision": "1"}, headers=PAGE)
    assert stale.status_code == 412
    assert "lost" in stale.text, "what was typed is still there"
    send(client, f"{address[1]}/delete", {})
    assert client.get(address[1], headers=PAGE).status_code == 404


def test_workflows_are_found_by_group_and_tag(client: Client) -> None:
    one, other = made(client, block("start", "starter")), made(client, block("start", "starter"))
    group, tag = f"Group {uuid4().hex}", f"t{uuid4().hex[:8]}"
    page = send(client, f"/workflows/{one['id']}/shelf", {"group": group, "tags": f"{tag}, {tag.upper()},, second"})
    assert group in page
    found = client.get(f"/?tag={tag}", headers=PAGE).text
    assert one["name"] in found
    assert other["name"] not in found
    group_id = re.search(rf'value="([\w-]+)"[^>]*>{group}<', page)
    assert group_id
    assert other["name"] not in client.get(f"/?group={group_id[1]}", headers=PAGE).text
    too_many = {"group": "", "tags": ",".join(str(number) for number in range(30))}
    assert client.post(f"/workflows/{one['id']}/shelf", data=too_many, headers=PAGE).status_code == 400


def test_the_data_of_a_step_is_a_file(client: Client) -> None:
    workflow = made(client, block("start", "starter"), block("list", "code", {"code": "return [1, 2]"}), edges=("start>list",))
    execution = ran(client, workflow["id"])
    answer = client.get(f"/executions/{execution}/steps/list/output", headers=PAGE)
    assert answer.json() == [1, 2]
    assert answer.headers["content-disposition"] == 'attachment; filename="list-output.json"'
    assert client.get(f"/executions/{execution}/steps/list/secrets").status_code == 404
    assert client.get(f"/executions/{execution}/steps/nobody/output").status_code == 404


def test_test_inputs_are_kept_by_name_within_limits(client: Client) -> None:
    workflow = made(client, block("start", "starter"))["id"]
    path = f"/workflows/{workflow}/test-inputs"
    first = client.post(path, json={"name": "Ada", "input": {"who": "Ada"}})
    again = client.post(path, json={"name": "Ada", "input": {"who": "Grace"}})
    assert (first.status_code, again.status_code) == (201, 201)
    form = client.get(f"/workflows/{workflow}/run?data=test:{again.json()['id']}", headers=PAGE).text
    assert form.count(">Ada</option>") == 1
    for wrong in ({"name": "", "input": {}}, {"name": "x", "input": [1]}, {"name": "x", "input": {"a": "x" * 300_000}}):
        assert client.post(path, json=wrong).status_code == 400
    assert client.delete(f"{path}/{again.json()['id']}").status_code == 204
    assert client.delete(f"{path}/{again.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("5 s", 5_000), ("1.5s", 1_500), ("2 min", 120_000), ("250", 250), ("1 d", 86_400_000), ("soon", None), ("1 y", None)],
)
def test_lengths_of_time_are_read_as_people_write_them(text: str, milliseconds: int | None) -> None:
    assert read_span(text) == milliseconds
    if milliseconds:
        assert read_span(span_text(milliseconds)) == milliseconds


def test_huge_values_make_small_views() -> None:
    tree = data_tree({str(number): list(range(1_000)) for number in range(1_000)})
    assert len(tree.children) <= 60
    assert tree.more == 1_000 - len(tree.children)
    table = data_table([{"n": number, "text": "x" * 1_000} for number in range(500)])
    assert table is not None
    assert (len(table.rows), table.more, len(table.rows[0][1])) == (100, 400, 120)
    assert data_table([1, 2]) is None
    assert data_table({"rows": [{"a": timedelta(0).days}], "count": 1}) is not None


def test_the_settings_of_a_workflow_are_a_form_and_nothing_typed_is_lost(client: Client) -> None:
    workflow, other = made(client, block("start", "starter"))["id"], made(client, block("start", "starter"))["id"]
    path = f"/workflows/{workflow}/settings"
    form = {"deadline": "5 min", "limit": "2", "when_full": "skip", "priority": "-3", "error_workflow": other, "days": "30"}
    page = send(client, path, form | {"idempotency_key": "variables.id"})
    assert "The settings were changed." in page
    stored = client.get(f"/api/workflows/{workflow}/settings").json()
    assert (stored["deadline_ms"], stored["concurrency"], stored["priority"]) == (300_000, {"limit": 2, "when_full": "skip"}, -3)
    assert 'value="5 min"' in page
    for wrong in ({"deadline": "soon"}, {"limit": "two"}, {"idempotency_key": "1 +"}, {"days": "30", "failed_days": "1"}):
        refused = client.post(path, data=form | wrong, headers=PAGE)
        assert refused.status_code == 400
        assert all(f'value="{text}"' in refused.text for text in wrong.values())
    assert client.get(f"/api/workflows/{workflow}/settings").json() == stored
