"""An object storage that checks signatures: moto's server, with one user who may do everything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from tests.peers.processes import Running, directory, free_port

ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


class Storage(Running):
    access_key = ""
    secret_key = ""

    def login(self) -> dict[str, str]:
        return {
            "endpoint": f"http://127.0.0.1:{self.port}", "region": "eu-central-1", "access_key": self.access_key,
            "secret_key": self.secret_key,
        }  # fmt: skip

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=f"http://127.0.0.1:{self.port}", region_name="eu-central-1",
            aws_access_key_id=self.access_key or "nobody", aws_secret_access_key=self.secret_key or "nothing",
        )  # fmt: skip


@contextmanager
def storage() -> Iterator[Storage]:
    with directory("moto") as place:
        port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = Storage(place, command, port, environment={"INITIAL_NO_AUTH_ACTION_COUNT": "3"})
        server.start()
        try:
            iam = server.client("iam")
            iam.create_user(UserName="ada")
            key = iam.create_access_key(UserName="ada")["AccessKey"]
            iam.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=ALL)
            server.access_key, server.secret_key = key["AccessKeyId"], key["SecretAccessKey"]
            yield server
        finally:
            server.end()
