"""Gives a message to an MQTT broker, in a thread. The connection goes to the address that was checked."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from app.sdk import BlockError, Reached
from blocks.core._threads import Lines

STEP_SECONDS = 0.25
KEEPALIVE_SECONDS = 60
CONFIRM_SECONDS = 20.0
NOTHING = "blockyard/nothing"
"""A topic to which nobody subscribes."""
NOT_AUTHORISED = ("Bad user name or password", "Not authorized", "Banned", "Bad authentication method")


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is listened to; the broker knows it again by its name."""

    name: str
    topics: tuple[str, ...]
    qos: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came; `again` when the broker says that it was sent before."""

    mark: int
    topic: str
    payload: bytes
    qos: int
    retain: bool
    again: bool


class _Client(mqtt.Client):
    """Connects in reach of whoever wants to end it."""

    def __init__(self, lines: Lines, name: str = "") -> None:
        lasting: dict[str, Any] = {"client_id": name, "clean_session": False} if name else {}
        super().__init__(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311, reconnect_on_failure=False, **lasting)
        self._lines = lines
        self.answer: Any = None
        self.ended = self.heard = False
        self.on_unsubscribe = self._answered
        self.on_connect = self._connected
        self.on_disconnect = self._disconnected

    def _create_socket_connection(self) -> socket.socket:
        line = super()._create_socket_connection()
        self._lines.add(line)
        return line

    def _connected(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.answer = reason

    def _answered(self, client: Any, data: Any, mark: int, reasons: Any, properties: Any) -> None:
        self.heard = True

    def _disconnected(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.ended = True


def publish(
    reached: Reached, context: ssl.SSLContext | None, username: str, password: str, message: Message, seconds: float, lines: Lines
) -> None:
    """Returns when the broker has the message, as far as the quality of service tells."""
    client = _Client(lines)
    client.connect_timeout = seconds
    if username:
        client.username_pw_set(username, password)
    if context is not None:
        client.tls_set_context(context)
    end = time.monotonic() + seconds
    try:
        client.connect(reached.address, reached.port, KEEPALIVE_SECONDS)
        while client.answer is None:
            _go_on(client, end)
        if client.answer.is_failure:
            told = str(client.answer)
            raise BlockError(
                "LOGIN_REFUSED",
                f"{reached.host}:{reached.port} refuses the connection: {told}",
                retryable=told not in NOT_AUTHORISED,
            )
        sent = client.publish(message.topic, bytes(message.payload), message.qos, message.retain)
        while not sent.is_published():
            _go_on(client, end)
        client.disconnect()
    finally:
        client._sock_close()


def listen(
    reached: Reached,
    context: ssl.SSLContext | None,
    username: str,
    password: str,
    subscription: Subscription,
    take: Callable[[list[Arrived], Callable[[], None]], None],
    works: Callable[[], None],
    lines: Lines,
) -> None:
    """Give messages to `take` as they come, with what confirms them; ends after the subscription's seconds.

    The broker keeps what comes meanwhile for the subscription's name, and sends again what was not confirmed.
    """
    client = _Client(lines, name=subscription.name)
    arrived: list[Arrived] = []
    client.manual_ack_set(True)
    client.on_message = lambda _, __, message: arrived.append(
        Arrived(message.mid, message.topic, bytes(message.payload), message.qos, bool(message.retain), bool(message.dup))
    )
    if username:
        client.username_pw_set(username, password)
    if context is not None:
        client.tls_set_context(context)
    end = time.monotonic() + subscription.seconds
    try:
        client.connect(reached.address, reached.port, KEEPALIVE_SECONDS)
        while client.answer is None:
            _go_on(client, end)
        _check_let_in(client, reached)
        works()
        client.subscribe([(topic, subscription.qos) for topic in subscription.topics])
        while time.monotonic() < end:
            if arrived:
                taken, arrived[:] = list(arrived), []
                take(taken, partial(_confirm, client, taken))
            else:
                _go_on(client, end + STEP_SECONDS)
        client.disconnect()
    finally:
        client._sock_close()


def _confirm(client: _Client, messages: Sequence[Arrived]) -> None:
    """Returns when the broker knows: it answers a question that was sent after the confirmations."""
    if any(client.ack(one.mark, one.qos) != mqtt.MQTT_ERR_SUCCESS for one in messages):
        raise EOFError
    client.heard = False
    client.unsubscribe(NOTHING)
    end = time.monotonic() + CONFIRM_SECONDS
    while not client.heard:
        _go_on(client, end)


def _check_let_in(client: _Client, reached: Reached) -> None:
    if client.answer.is_failure:
        told = str(client.answer)
        message = f"{reached.host}:{reached.port} refuses the connection: {told}"
        raise BlockError("LOGIN_REFUSED", message, retryable=told not in NOT_AUTHORISED)


def _go_on(client: _Client, end: float) -> None:
    if time.monotonic() > end:
        raise TimeoutError
    code = client.loop(STEP_SECONDS)
    if client.answer is not None and client.answer.is_failure:
        return
    if code != mqtt.MQTT_ERR_SUCCESS or client.ended:
        raise EOFError
