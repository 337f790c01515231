"""slapd with the tree dc=example, where cn=admin has a password, and TLS on a second port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.certificates import Authority
from tests.peers.processes import Running, directory, free_port, program

SCHEMA = "/etc/ldap/schema"
WRITTEN = "p%3Aw%2Fd"
PEOPLE = "ou=people,dc=example"
ENTRIES = f"""dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people
"""


class Slapd(Running):
    secure = 0

    def address(self, password: str = WRITTEN, user: str = "cn%3Dadmin%2Cdc%3Dexample", host: str = "127.0.0.1") -> str:
        return f"ldap://{user}:{password}@{host}:{self.port}"


@contextmanager
def slapd(authority: Authority) -> Iterator[Slapd]:
    command = program("slapd", "slapd")
    with directory("slapd") as place:
        port, secure = free_port(), free_port()
        urls = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{secure}/"
        server = Slapd(place, [command, "-f", place / "conf", "-h", urls, "-d", "0"], port)
        server.secure = secure
        (place / "data").mkdir()
        schemas = "".join(f"include {SCHEMA}/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        (place / "conf").write_text(
            f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\n"
            f"TLSCertificateFile {authority.certificate}\nTLSCertificateKeyFile {authority.key}\n"
            f'pidfile {place}/pid\ndatabase mdb\nsuffix "dc=example"\nrootdn "cn=admin,dc=example"\nrootpw p:w/d\n'
            f"directory {place}/data\nmaxsize 10485760\naccess to * by * none\n"
        )
        (place / "entries").write_text(ENTRIES)
        server.run(program("slapadd", "slapd"), "-f", place / "conf", "-l", place / "entries")
        try:
            server.start()
            yield server
        finally:
            server.end()
