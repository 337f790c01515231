"""PostgreSQL on a port, with passwords and TLS."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.peers.certificates import Authority
from tests.peers.processes import START_SECONDS, Running, directory, free_port, give_away, program

WRITTEN = "p%3Aw%2Fd%40%C3%A4"
"""The password p:w/d@ä as it stands in an address."""


class TcpPostgres(Running):
    """Has a database `shop` of `ada`, who needs a password."""

    def address(self, database: str = "shop", password: str = WRITTEN, host: str = "127.0.0.1") -> str:
        return f"postgresql://ada:{password}@{host}:{self.port}/{database}"

    def start(self) -> TcpPostgres:
        """Until it answers: it takes connections before that."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.tell("SELECT 1")
                return self
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)

    def tell(self, *statements: str) -> Sequence[Any]:
        """Statements of the administrator; the rows of the last one."""
        with psycopg.connect(
            host=str(self.place), port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []


def _options(place: Path, port: int) -> list[str]:
    settings = (
        "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={place}", "fsync=off", "shared_buffers=16MB",
        "ssl=on", f"ssl_cert_file={place}/server.pem", f"ssl_key_file={place}/server.key",
    )  # fmt: skip
    return [f"--{setting}" for setting in settings]


@contextmanager
def postgres_on_a_port(authority: Authority) -> Iterator[TcpPostgres]:
    with directory("pg") as place:
        port, data = free_port(), place / "data"
        shutil.copy(authority.certificate, place / "server.pem")
        shutil.copy(authority.key, place / "server.key")
        give_away(place)
        command: list[str | Path] = [program("postgres", "postgresql"), "-D", data, *_options(place, port)]
        server = TcpPostgres(place, command, port, unprivileged=True)
        server.run(
            program("initdb", "postgresql"),
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=utf8",
            "--no-locale",
            "--no-sync",
        )
        (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        server.start()
        try:
            server.tell("CREATE ROLE ada LOGIN PASSWORD 'p:w/d@ä' CREATEDB", "CREATE DATABASE shop OWNER ada")
            yield server
        finally:
            server.end()
