"""More people than the owner, written straight into the database; all of them have the owner's password."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from uuid import uuid4

from tests.support.server import OWNER, Client, ServerProcess


def join(server: ServerProcess, username: str, role: str = "executor") -> Client:
    """A new member of the owner's workspace, signed in."""
    user_id = str(uuid4())
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        connection.execute(
            "INSERT INTO users SELECT ?, ?, ?, password_hash, created_at FROM users WHERE username = ?",
            (user_id, email(username), username, OWNER["username"]),
        )
        connection.execute(
            "INSERT INTO memberships SELECT workspace_id, ?, ? FROM memberships"
            " WHERE user_id = (SELECT id FROM users WHERE username = ?)",
            (user_id, role, OWNER["username"]),
        )
    return sign_in(server, username)


def sign_in(server: ServerProcess, username: str) -> Client:
    person = Client(server.url)
    answer = person.post("/api/auth/login", json={"username": username, "password": OWNER["password"]})
    assert answer.status_code == 200, answer.text
    person.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return person


def email(username: str) -> str:
    return f"{username}@example.com"
