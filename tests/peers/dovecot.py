"""Dovecot on two ports, with a mailbox of `ada`."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.certificates import Authority
from tests.peers.processes import AS_ROOT, Running, directory, free_port, give_away, program

CONFIG = """
base_dir = {place}/run
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/server.pem
ssl_key = <{place}/server.key
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain
mail_location = maildir:{place}/mail/%u
mail_fsync = never
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = user=ada password=correct-horse
}}
userdb {{
  driver = static
  args = uid={user} gid={users_group} home={place}/mail/%u
}}
"""


class Dovecot(Running):
    secure = 0

    def put(self, content: bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Put a mail into the mailbox."""
        with imaplib.IMAP4("127.0.0.1", self.port, 10) as imap:
            imap.login("ada", "correct-horse")
            if folder != "INBOX":
                imap.create(folder)
            assert imap.append(folder, flags, None, content)[0] == "OK"


@contextmanager
def dovecot(authority: Authority) -> Iterator[Dovecot]:
    command = program("dovecot", "dovecot-imapd")
    with directory("dovecot") as place:
        port, secure = free_port(), free_port()
        for file, name in ((authority.certificate, "server.pem"), (authority.key, "server.key")):
            (place / name).write_bytes(file.read_bytes())
        (place / "mail").mkdir()
        own = pwd.getpwuid(os.getuid())
        user = pwd.getpwnam("nobody") if AS_ROOT else own
        give_away(place / "mail")
        config = place / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                place=place,
                port=port,
                secure=secure,
                user=user.pw_name,
                users_group=_group(user.pw_gid),
                login="dovenull" if AS_ROOT else own.pw_name,
                internal="dovecot" if AS_ROOT else own.pw_name,
                group="dovecot" if AS_ROOT else _group(own.pw_gid),
            )
        )
        server = Dovecot(place, [command, "-F", "-c", config], port)
        server.secure = secure
        server.start()
        try:
            yield server
        finally:
            server.end()


def _group(number: int) -> str:

    return grp.getgrgid(number).gr_name
