"""Triggers with state against real servers: new things start executions once, also when this server dies in between."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiormq
import paho.mqtt.client as mqtt
import pytest
from aiormq.abc import AbstractChannel
from paho.mqtt.enums import CallbackAPIVersion
from pamqp.commands import Basic

from app.db import watches
from app.engine.values import decode_stored
from app.sdk import Json
from app.services.watch_rounds import WatchRound
from app.services.watchers import Watchers
from blocks.messaging._imap_work import Mailbox
from tests.peers.brokers import PASSWORD, USER, Broker, mosquitto, rabbitmq
from tests.peers.certificates import Authority
from tests.peers.dovecot import Dovecot, dovecot
from tests.peers.postgres import TcpPostgres, postgres_on_a_port
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.studio import Studio, opened_studio

pytestmark = pytest.mark.anyio


class Triggered:
    """A deployed workflow with one trigger, watched by a server that can die."""

    def __init__(self, studio: Studio, workflow: str) -> None:
        self.studio = studio
        self.workflow = workflow
        self.watchers = studio.server.watchers

    def start(self) -> None:
        self.watchers.start()

    async def restart(self) -> None:
        """Another server takes over."""
        await self.watchers.stop()
        server = self.studio.server
        self.watchers = Watchers(
            server.database, server.services.catalog, server.lending.programs, server.watchers._starts, server.lending
        )
        self.watchers.start()

    async def heard(self, name: str) -> list[Json]:
        return [decode_stored(row.input)[name] for row in await self.studio.executions(self.workflow)]

    async def comes(self, name: str, *expected: Json) -> None:
        """Wait until these inputs have started it, each once; then a moment longer."""

        async def ask() -> bool | None:
            return True if sorted(await self.heard(name), key=str) == sorted(expected, key=str) else None

        try:
            await until(ask, 30)
        except TimeoutError:
            row = await self.row()
            assert await self.heard(name) == list(expected), row

    async def row(self) -> Any:
        async with self.studio.server.database.read() as connection:
            return await watches.find(connection, self.workflow, "seen")

    async def begun(self) -> None:
        """Wait until it has looked for the first time."""

        async def ask() -> bool | None:
            row = await self.row()
            assert row is None or not row.problem, row.problem
            return True if row is not None and row.cursor is not None else None

        await until(ask, 30)

    async def troubled(self) -> str:
        async def ask() -> str | None:
            row = await self.row()
            return row.problem if row is not None and row.problem else None

        return await until(ask, 30)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened_studio(tmp_path, egress_allow=("127.0.0.1",)) as studio:
        yield studio


Trigger = Callable[..., Awaitable[Triggered]]


@pytest.fixture
async def trigger(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trigger]:
    """Make a workflow with this trigger and a credential."""
    monkeypatch.setattr("app.services.watchers.FIRST_BACK_OFF", 0.1)
    made: list[Triggered] = []

    async def trigger(type: str, kind: str, data: dict[str, str], **config: Json) -> Triggered:
        name = f"C{uuid4().hex[:6].upper()}"
        await studio.server.services.credentials.create(studio.actor, name, kind, data)
        workflow = await studio.new(block("seen", type, {"credential": name, **config}), deploy=True)
        made.append(Triggered(studio, workflow))
        return made[-1]

    yield trigger
    for one in made:
        await one.watchers.stop()


def dies_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first acceptance is on disk, and then everything breaks before it can be acknowledged."""
    accept = WatchRound.accept
    died = False

    async def breaks(self: WatchRound, items: Any, cursor: Json) -> int:
        nonlocal died
        found = await accept(self, items, cursor)
        if items and not died:
            died = True
            raise ConnectionResetError
        return found

    monkeypatch.setattr(WatchRound, "accept", breaks)


# -- mail ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mail_server(authority: Authority) -> Iterator[Dovecot]:
    with dovecot(authority) as running:
        yield running


def mail(subject: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@example.com", "ada@example.com", subject
    message.set_content("Hello")
    return message.as_bytes()


def login(server: Dovecot, password: str = "correct-horse") -> dict[str, str]:
    return {"host": "127.0.0.1", "port": str(server.port), "security": "none", "username": "ada", "password": password}


def flags(server: Dovecot, folder: str) -> list[bytes]:
    with imaplib.IMAP4("127.0.0.1", server.port, 10) as imap:
        imap.login("ada", "correct-horse")
        imap.select(folder)
        return [line for line in imap.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]


async def test_mails_start_a_workflow_and_are_marked(
    trigger: Trigger, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.put(mail("old"), "In")
    one = await trigger("trigger.email", "imap", login(mail_server), folder="In", interval_seconds=1, subject="Invoice")
    one.start()
    await one.begun()
    dies_once(monkeypatch)
    for subject in ("Invoice 1", "Newsletter", "Invoice 2"):
        mail_server.put(mail(subject), "In")
    await one.comes("subject", "Invoice 1", "Invoice 2")
    await one.restart()

    async def marked() -> bool | None:
        found = await asyncio.to_thread(flags, mail_server, "In")
        return True if [b"Seen" in line for line in found] == [False, True, False, True] else None

    await until(marked, 30)
    mail_server.put(mail("Invoice 3"), "In")
    await one.comes("subject", "Invoice 1", "Invoice 2", "Invoice 3")
    assert await one.heard("attachments") == [[], [], []]


async def test_a_mail_that_cannot_be_marked_starts_nothing_again(
    trigger: Trigger, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.put(mail("first"), "Flaky")
    mark, count = Mailbox.mark, 0

    def breaks(self: Mailbox, *arguments: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count < 3:
            raise ConnectionResetError
        mark(self, *arguments, **named)

    monkeypatch.setattr(Mailbox, "mark", breaks)
    one = await trigger("trigger.email", "imap", login(mail_server), folder="Flaky", interval_seconds=1, include_existing=True)
    one.start()

    async def marked() -> bool | None:
        found = await asyncio.to_thread(flags, mail_server, "Flaky")
        return True if all(b"Seen" in line for line in found) else None

    await until(marked, 30)
    assert await one.heard("subject") == ["first"]


async def test_a_wrong_password_of_a_mailbox_is_told(trigger: Trigger, mail_server: Dovecot) -> None:
    one = await trigger("trigger.email", "imap", login(mail_server, "wrong"), interval_seconds=1)
    one.start()
    problem = await one.troubled()
    assert "LOGIN_REFUSED" in problem
    assert "wrong" not in problem


# -- a queue ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rabbit(authority: Authority) -> Iterator[Broker]:
    with rabbitmq(authority) as running:
        yield running


@pytest.fixture
async def channel(rabbit: Broker) -> AsyncIterator[AbstractChannel]:
    connection = await aiormq.connect(f"{rabbit.address()}/")
    yield await connection.channel()
    await connection.close()


async def left(channel: AbstractChannel, queue: str) -> int:
    return int((await channel.queue_declare(queue, passive=True)).message_count or 0)


async def test_messages_are_acknowledged_once_they_are_accepted(
    trigger: Trigger, rabbit: Broker, channel: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await channel.queue_declare("orders")
    one = await trigger("trigger.amqp", "broker", {"url": rabbit.address()}, queue="orders")
    dies_once(monkeypatch)
    for body in (b'{"n": 1}', b"text", b'{"n": 1}'):
        await channel.basic_publish(body, routing_key="orders")
    one.start()
    await one.comes("payload", {"n": 1}, "text", {"n": 1})
    await one.restart()
    again = Basic.Properties(message_id="m1", content_type="text/plain")
    for _ in range(2):
        await channel.basic_publish(b"5", routing_key="orders", properties=again)
    await one.comes("payload", {"n": 1}, "text", {"n": 1}, "5")

    async def acknowledged() -> bool | None:
        """Whatever was not acknowledged comes back into the queue when nobody listens."""
        await asyncio.sleep(0.2)
        await one.watchers.stop()
        if await left(channel, "orders") == 0:
            return True
        await one.restart()
        return None

    await until(acknowledged, 30)
    assert len(await one.heard("payload")) == 4


async def test_a_queue_that_is_not_there_and_a_wrong_password(trigger: Trigger, rabbit: Broker) -> None:
    for url, told in ((rabbit.address(), "QUEUE_UNKNOWN"), (rabbit.address("wrong"), "LOGIN_REFUSED")):
        one = await trigger("trigger.amqp", "broker", {"url": url}, queue="nowhere")
        one.start()
        assert told in await one.troubled()
        await one.watchers.stop()


# -- topics ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mosquitto_server(authority: Authority) -> Iterator[Broker]:
    with mosquitto(authority) as running:
        yield running


def tell(broker: Broker, topic: str, *payloads: bytes) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish(topic, payload, 1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def test_what_comes_to_a_topic_is_confirmed_once_it_is_accepted(
    trigger: Trigger, mosquitto_server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = mosquitto_server
    one = await trigger("trigger.mqtt", "broker", {"url": broker.address()}, topics=["home/+/t"])
    one.start()

    async def listening() -> bool | None:
        await asyncio.to_thread(tell, broker, "home/probe/t", b'"probe"')
        return True if await one.heard("payload") else None

    await until(listening, 30)
    await asyncio.to_thread(tell, broker, "home/probe/t", b'"last probe"')

    async def quiet() -> bool | None:
        return True if "last probe" in await one.heard("payload") else None

    await until(quiet, 30)
    dies_once(monkeypatch)
    before = await one.heard("payload")
    await asyncio.to_thread(tell, broker, "home/kitchen/t", b"21.5", b"21.5", b"cold")
    await asyncio.to_thread(tell, broker, "garden/t", b"1")
    await one.comes("payload", *before, 21.5, 21.5, "cold")
    await one.watchers.stop()
    await asyncio.to_thread(tell, broker, "home/hall/t", b"19")
    await one.restart()
    await one.comes("payload", *before, 21.5, 21.5, "cold", 19)


async def test_a_broker_that_refuses(trigger: Trigger, mosquitto_server: Broker) -> None:
    one = await trigger("trigger.mqtt", "broker", {"url": mosquitto_server.address("wrong")}, topics=["#"])
    one.start()
    assert "LOGIN_REFUSED" in await one.troubled()


# -- rows ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(authority: Authority) -> Iterator[TcpPostgres]:
    with postgres_on_a_port(authority) as running:
        yield running


async def test_rows_start_a_workflow_in_order_and_once(
    trigger: Trigger, database: TcpPostgres, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = {"SHOP": ("database", {"url": database.address("shop")})}

    async def do(sql: str) -> None:
        await run("db.postgres", {"credential": "SHOP", "sql": sql}, credentials=credentials)

    await do("CREATE TABLE orders (id serial PRIMARY KEY, total numeric, at timestamptz DEFAULT now())")
    await do("INSERT INTO orders (total) SELECT 5 FROM generate_series(1, 5)")
    sql = "SELECT id, total FROM orders WHERE id > :cursor ORDER BY id"
    data = {"url": database.address("shop")}
    one = await trigger("trigger.postgres", "database", data, sql=sql, start=2, limit=2, interval_seconds=1)
    dies_once(monkeypatch)
    one.start()
    await one.comes("id", 3, 4, 5)
    await one.restart()
    await do("INSERT INTO orders (total) VALUES (7.5)")
    await one.comes("id", 3, 4, 5, 6)
    assert (await one.heard("total"))[-1] == 7.5
    await do("DROP TABLE orders")
    assert "SQL_INVALID" in await one.troubled()


async def test_a_column_that_is_not_there(trigger: Trigger, database: TcpPostgres) -> None:
    data = {"url": database.address("shop")}
    one = await trigger("trigger.postgres", "database", data, sql="SELECT 1 AS n WHERE 0 <= :cursor", interval_seconds=1)
    one.start()
    assert "cursor_column" in await one.troubled()
