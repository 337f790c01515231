"""What blocks speak to when each of them is tried: servers on loopback, and what they find in the studio."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import uuid4

from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.sync.server import ServerConnection, serve

from tests.support.graphs import block
from tests.support.mail_server import PASSWORD, USER, MailServer
from tests.support.mcp_server import served
from tests.support.model_server import ModelServer
from tests.support.peer import Peer, Reply
from tests.support.server import Client

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Example news</title><link>https://example.com</link>
<description>News</description><item><guid>1</guid><title>Hello</title><link>https://example.com/1</link></item></channel></rss>"""
MODELS = ("chat", "classify", "extract", "summarize", "embed", "agent", "orchestration")


@dataclass(frozen=True)
class World:
    """Where everything is; `tag` makes names in the studio its own."""

    tag: str
    web: Peer
    models: dict[str, ModelServer]
    mcp_url: str
    socket_url: str
    closed_port: int


@contextmanager
def world(client: Client) -> Iterator[World]:
    """All servers that the cases need, and the credentials, the table and the workflow that they name."""
    tag = uuid4().hex[:8].upper()
    with ExitStack() as stack:
        web = stack.enter_context(Peer())
        mail = stack.enter_context(MailServer())
        models = {name: stack.enter_context(ModelServer()) for name in MODELS}
        portal = stack.enter_context(start_blocking_portal())
        mcp_url, _ = stack.enter_context(portal.wrap_async_context_manager(served()))
        sockets = stack.enter_context(serve(prices, "127.0.0.1", 0))
        threading.Thread(target=sockets.serve_forever, daemon=True).start()
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        script(web, models)
        furnish(client, tag, port, int(mail.url.rsplit(":", 1)[1].partition("?")[0]))
        yield World(tag, web, models, mcp_url, f"ws://127.0.0.1:{sockets.socket.getsockname()[1]}", port)


def prices(connection: ServerConnection) -> None:
    """Tells the price of whatever somebody subscribes to."""
    for message in connection:
        connection.send(json.dumps({"article": json.loads(message)["subscribe"], "price": 12.5}))


def script(web: Peer, models: dict[str, ModelServer]) -> None:
    web.replies["/orders"] = Reply({"id": 7}, 201)
    web.replies["/graphql"] = Reply({"data": {"user": {"name": "Ada"}}})
    web.replies["/shop"] = Reply("Cart", headers={"Content-Type": "text/html"})
    web.replies["/feed.xml"] = Reply(FEED, headers={"Content-Type": "application/rss+xml"})
    web.replies["/hooks"] = Reply("", 204)
    models["chat"].says("We are looking for it.")
    models["classify"].says_json({"label": "complaint", "confidence": 0.97, "reason": "The goods are broken."})
    models["extract"].says_json({"customer": "Ada Lovelace", "pieces": 3, "by": None})
    models["summarize"].says("- Ada orders lamps until Friday.")
    models["agent"].says("A story, in short.")
    models["orchestration"].says("Good day")


def furnish(client: Client, tag: str, closed: int, mail: int) -> None:
    """Make what the examples find in the studio."""
    here = {"host": "127.0.0.1", "port": str(closed), "security": "none", "username": "ada", "password": "secret-of-ada"}
    login = f"ada:secret-of-ada@127.0.0.1:{closed}"
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    storage = {"endpoint": f"http://127.0.0.1:{closed}", "access_key": "ada", "secret_key": "secret-of-ada"}
    credentials: dict[str, tuple[str, dict[str, str]]] = {
        "SHOP": ("bearer", {"token": "secret-of-the-shop"}),
        "MAIL": ("smtp", {**here, "port": str(mail), "username": USER, "password": PASSWORD}),
        "CLOSED_IMAP": ("imap", here),
        "CLOSED_FTP": ("ftp", here),
        "CLOSED_S3": ("s3", storage),
        "CLOSED_SSH": ("ssh", {"host": "127.0.0.1", "port": str(closed), "username": "ada", "private_key": key}),
        "CLOSED_MYSQL": ("database", {"url": f"mysql://{login}/shop"}),
        "CLOSED_POSTGRES": ("database", {"url": f"postgresql://{login}/shop"}),
        "CLOSED_REDIS": ("database", {"url": f"redis://{login}/0"}),
        "CLOSED_AMQP": ("broker", {"url": f"amqp://{login}/"}),
        "CLOSED_MQTT": ("broker", {"url": f"mqtt://{login}"}),
        "CLOSED_LDAP": ("database", {"url": f"ldap://{login}"}),
        "CLOSED_NATS": ("broker", {"url": f"nats://{login}"}),
    }
    for name, (kind, data) in credentials.items():
        made = client.post("/api/v1/credentials", json={"name": f"{name}_{tag}", "type": kind, "data": data})
        assert made.status_code == 201, made.text
    columns = [{"name": "email", "type": "text"}, {"name": "city", "type": "text"}]
    rows = [{"email": "bo@example.com", "city": "Basel"}, {"email": "ada@example.com", "city": "Bern"}]
    made = client.post("/api/tables", json={"name": f"Customers {tag}", "columns": columns, "rows": rows})
    assert made.status_code == 201, made.text
    check = [block("start", "starter"), block("answer", "response", {"body": {"known": True}})]
    client.create(f"Check {tag}", *check, edges=["start>answer"])
