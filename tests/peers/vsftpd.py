"""vsftpd, where `anonymous` has one password and may write into the folder `in`."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.certificates import Authority
from tests.peers.processes import AS_ROOT, Running, directory, free_port, program

PASSWORD = "ada@correct-horse"


class Vsftpd(Running):
    files: Path

    def login(self, authority: Authority, host: str = "localhost") -> dict[str, str]:
        return {
            "host": host, "port": str(self.port), "security": "starttls", "username": "anonymous", "password": PASSWORD,
            "authority": authority.pem,
        }  # fmt: skip


@contextmanager
def vsftpd(authority: Authority) -> Iterator[Vsftpd]:
    command = program("vsftpd", "vsftpd")
    with directory("vsftpd") as place:
        server = Vsftpd(place, [command, place / "conf"], free_port())
        server.files = place / "files"
        (place / "empty").mkdir()
        (server.files / "in").mkdir(parents=True)
        (place / "passwords").write_text(f"{PASSWORD}\n")
        shutil.copy(authority.certificate, place / "server.pem")
        shutil.copy(authority.key, place / "server.key")
        user = "ftp" if AS_ROOT else pwd.getpwuid(os.getuid()).pw_name
        settings = {
            "listen": "YES", "listen_address": "127.0.0.1", "listen_port": server.port, "background": "NO",
            "anonymous_enable": "YES", "local_enable": "NO", "secure_email_list_enable": "YES",
            "email_password_file": place / "passwords", "anon_root": server.files, "write_enable": "YES",
            "anon_upload_enable": "YES", "anon_mkdir_write_enable": "YES", "anon_other_write_enable": "YES", "anon_umask": "022",
            "anon_world_readable_only": "NO", "ftp_username": user, "nopriv_user": "nobody",
            "secure_chroot_dir": place / "empty", "seccomp_sandbox": "NO", "allow_writeable_chroot": "YES",
            "max_login_fails": "1",
            "delay_failed_login": "0", "ssl_enable": "YES", "allow_anon_ssl": "YES", "rsa_cert_file": place / "server.pem",
            "rsa_private_key_file": place / "server.key", "require_ssl_reuse": "YES", "xferlog_enable": "NO",
            "run_as_launching_user": "NO" if AS_ROOT else "YES",
        }  # fmt: skip
        (place / "conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        if AS_ROOT:
            shutil.chown(server.files / "in", "ftp")
        try:
            server.start()
            yield server
        finally:
            server.end()
