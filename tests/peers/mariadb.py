"""MariaDB on a port, with passwords and TLS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.certificates import Authority
from tests.peers.postgres import WRITTEN
from tests.peers.processes import AS_ROOT, Running, directory, free_port, give_away, program


class MariaDb(Running):
    """Has a database `shop` of `ada`, who needs a password."""

    def address(self, database: str = "shop", password: str = WRITTEN, host: str = "127.0.0.1") -> str:
        return f"mysql://ada:{password}@{host}:{self.port}/{database}"

    def tell(self, statement: str) -> str:
        """A statement of the administrator; what it answers."""
        socket = f"--socket={self.place}/socket"
        return self.run(program("mariadb", "mariadb-client"), "--no-defaults", socket, "-uroot", "-N", given=statement)


@contextmanager
def mariadb(authority: Authority) -> Iterator[MariaDb]:
    with directory("mariadb") as place:
        port = free_port()
        for file, name in ((authority.certificate, "server.pem"), (authority.key, "server.key")):
            shutil.copy(file, place / name)
        give_away(place)
        settings = (
            f"datadir={place}/data", f"socket={place}/socket", f"port={port}", "bind-address=127.0.0.1", f"pid-file={place}/pid",
            f"ssl-cert={place}/server.pem", f"ssl-key={place}/server.key", "innodb-flush-log-at-trx-commit=0",
            "innodb-buffer-pool-size=16M", "innodb-log-file-size=4M", "performance-schema=off", "skip-name-resolve",
        )  # fmt: skip
        command = [program("mariadbd", "mariadb-server"), "--no-defaults", *(f"--{setting}" for setting in settings)]
        server = MariaDb(place, command, port, unprivileged=True)
        install = [program("mariadb-install-db", "mariadb-server"), "--no-defaults", f"--datadir={place}/data"]
        server.run(
            *install, "--auth-root-authentication-method=normal", "--skip-test-db", *(["--user=nobody"] if AS_ROOT else [])
        )
        server.start()
        try:
            server.tell("CREATE DATABASE shop; GRANT ALL ON shop.* TO ada@'127.0.0.1' IDENTIFIED BY 'p:w/d@ä'")
            yield server
        finally:
            server.end()
