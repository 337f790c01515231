"""Redis with a password, and TLS on a second port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.certificates import Authority
from tests.peers.processes import Running, directory, free_port, program


@contextmanager
def redis_server(authority: Authority) -> Iterator[Running]:
    with directory("redis") as place:
        port, secure = free_port(), free_port()
        settings = (
            "--bind 127.0.0.1 -::1", f"--port {port}", f"--tls-port {secure}", "--requirepass pass/word", "--save ''",
            f"--tls-cert-file {authority.certificate}", f"--tls-key-file {authority.key}", "--tls-auth-clients no",
        )  # fmt: skip
        command = [program("redis-server", "redis-server"), *" ".join(settings).replace("''", '""').split(" ")]
        running = Running(place, [part.strip('"') for part in command], port)
        running.secure = secure  # type: ignore[attr-defined]
        yield running.start()
        running.end()
