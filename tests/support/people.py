"""More people than the owner, written straight into the database; all of them have the owner's password."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from uuid import uuid4

from tests.support.server import OWNER, Client, ServerProcess

USER = (
    "INSERT INTO users (id, email, username, password_hash, created_at)"
    " SELECT ?, ?, ?, password_hash, created_at FROM users WHERE username = ?"
)
WORKSPACE = "INSERT INTO workspaces SELECT ?, 'Another workspace', created_at FROM users WHERE username = ?"
HOME = "SELECT memberships.workspace_id FROM memberships JOIN users ON users.id = user_id WHERE username = ?"
MEMBER = "INSERT INTO memberships (workspace_id, user_id, role) VALUES (?, ?, ?)"


def join(server: ServerProcess, username: str, role: str = "executor", *, elsewhere: bool = False) -> Client:
    """A new member of the owner's workspace, signed in; `elsewhere`: of a new workspace instead."""
    user_id, workspace_id = str(uuid4()), str(uuid4())
    owner = OWNER["username"]
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        connection.execute(USER, (user_id, email(username), username, owner))
        if elsewhere:
            connection.execute(WORKSPACE, (workspace_id, owner))
        else:
            ((workspace_id,),) = connection.execute(HOME, (owner,)).fetchall()
        connection.execute(MEMBER, (workspace_id, user_id, role))
    return sign_in(server, username)


def sign_in(server: ServerProcess, username: str) -> Client:
    person = Client(server.url)
    answer = person.post("/api/auth/login", json={"username": username, "password": OWNER["password"]})
    assert answer.status_code == 200, answer.text
    person.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return person


def email(username: str) -> str:
    return f"{username}@example.com"
