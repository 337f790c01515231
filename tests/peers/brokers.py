"""Mosquitto, RabbitMQ and NATS, each with a user `ada` and TLS on a second port (NATS: on the same)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.certificates import Authority
from tests.peers.processes import AS_ROOT, Running, directory, free_port, program

USER, PASSWORD, WRITTEN = "ada", "p:w/d@1", "p%3Aw%2Fd%401"


class Broker(Running):
    """`address` is what a credential holds."""

    scheme = ""
    secure = 0

    def address(self, password: str = WRITTEN, host: str = "127.0.0.1", *, tls: bool = False) -> str:
        scheme = {"mqtt": "mqtts", "amqp": "amqps", "nats": "tls"}[self.scheme] if tls else self.scheme
        return f"{scheme}://{USER}:{password}@{host}:{self.secure if tls else self.port}"


def _certified(place: Path, authority: Authority) -> None:
    for file, name in ((authority.certificate, "server.pem"), (authority.key, "server.key")):
        (place / name).write_bytes(file.read_bytes())


@contextmanager
def mosquitto(authority: Authority) -> Iterator[Broker]:
    with directory("mosquitto") as place:
        broker = Broker(place, [program("mosquitto", "mosquitto"), "-c", place / "conf"], free_port())
        broker.scheme, broker.secure = "mqtt", free_port()
        _certified(place, authority)
        broker.run(program("mosquitto_passwd", "mosquitto"), "-b", "-c", place / "passwords", USER, PASSWORD)
        lines = [
            f"listener {broker.port} 127.0.0.1", f"password_file {place}/passwords", "allow_anonymous false",
            f"listener {broker.secure} 127.0.0.1", f"certfile {place}/server.pem", f"keyfile {place}/server.key",
            *(["user root"] if AS_ROOT else []),
        ]  # fmt: skip
        (place / "conf").write_text("\n".join(lines) + "\n")
        try:
            yield broker.start()  # type: ignore[misc]
        finally:
            broker.end()


@contextmanager
def nats(authority: Authority) -> Iterator[Broker]:
    with directory("nats") as place:
        broker = Broker(place, [program("nats-server", "nats-server"), "-c", place / "conf"], free_port())
        broker.scheme, broker.secure = "nats", broker.port
        (place / "conf").write_text(f"""
            listen: "127.0.0.1:{broker.port}"
            authorization {{ users: [{{
              user: "{USER}", password: "{PASSWORD}", permissions: {{ publish: {{ deny: ["secret.>"] }} }}
            }}] }}
            jetstream {{ store_dir: "{place}/streams" }}
            tls {{ cert_file: "{authority.certificate}", key_file: "{authority.key}" }}
            allow_non_tls: true
        """)
        try:
            yield broker.start()  # type: ignore[misc]
        finally:
            broker.end()


@contextmanager
def rabbitmq(authority: Authority) -> Iterator[Broker]:
    server = program("rabbitmq-server", "rabbitmq-server")
    with directory("rabbitmq") as place:
        port, secure, between, names = (free_port() for _ in range(4))
        _certified(place, authority)
        (place / "enabled_plugins").write_text("[].\n")
        (place / ".erlang.cookie").write_text("tests")
        (place / ".erlang.cookie").chmod(0o400)
        (place / "rabbitmq.conf").write_text(f"""
listeners.tcp.1 = 127.0.0.1:{port}
listeners.ssl.1 = 127.0.0.1:{secure}
ssl_options.certfile = {place}/server.pem
ssl_options.keyfile = {place}/server.key
default_user = {USER}
default_pass = {PASSWORD}
loopback_users = none
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 1MB
""")
        environment = {
            "RABBITMQ_NODENAME": "tests@localhost", "RABBITMQ_CONFIG_FILE": str(place / "rabbitmq.conf"),
            "RABBITMQ_MNESIA_BASE": str(place / "data"), "RABBITMQ_LOG_BASE": str(place / "logs"), "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "enabled_plugins"), "RABBITMQ_DIST_PORT": str(between),
            "ERL_EPMD_PORT": str(names), "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +JPperf false",
        }  # fmt: skip
        broker = Broker(place, [server], port, environment=environment)
        broker.scheme, broker.secure = "amqp", secure
        try:
            yield broker.start()  # type: ignore[misc]
        finally:
            broker.end()
            broker.run("sh", "-c", f"epmd -port {names} -kill || true")
