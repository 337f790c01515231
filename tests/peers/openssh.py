"""OpenSSH's server for the user who runs the tests, with a key that may come in."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.processes import AS_ROOT, Running, directory, free_port, program


class OpenSsh(Running):
    files: Path

    def login(self, key: str = "user", host: str = "localhost") -> dict[str, str]:
        kind, content, *_ = (self.place / "host.pub").read_text().split()
        return {
            "host": host, "port": str(self.port), "username": pwd.getpwuid(os.getuid()).pw_name,
            "private_key": (self.place / key).read_text(), "host_key": f"# a comment\n[{host}]:{self.port} {kind} {content}\n",
        }  # fmt: skip


@contextmanager
def openssh() -> Iterator[OpenSsh]:
    server = program("sshd", "openssh-server")
    if AS_ROOT:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with directory("sshd") as place:
        running = OpenSsh(place, [server, "-D", "-e", "-f", place / "conf"], free_port())
        running.files = place / "files"
        running.files.mkdir()
        keygen = program("ssh-keygen", "openssh-client")
        for name, phrase in (("host", ""), ("user", ""), ("stranger", ""), ("locked", "open sesame")):
            running.run(keygen, "-q", "-t", "ed25519", "-N", phrase, "-f", place / name)
        keys = [(place / f"{name}.pub").read_text() for name in ("user", "locked")]
        (place / "authorized").write_text("".join(keys))
        (place / "conf").write_text(f"""
ListenAddress 127.0.0.1:{running.port}
HostKey {place}/host
AuthorizedKeysFile {place}/authorized
PidFile {place}/pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem sftp internal-sftp -d {running.files}
""")
        try:
            running.start()
            yield running
        finally:
            running.end()
