"""Hashes, signatures, ciphers, tokens and random things: known answers, forgeries, wrong keys."""

import base64
import re
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from app.sdk import File, Json

pytestmark = pytest.mark.anyio
NOW = 1_780_315_200  # noon on the stage's day
KEY = base64.b64encode(bytes(range(32))).decode()


def pem(private: Any) -> tuple[str, str]:
    """The two halves of a pair of keys."""
    encoding = serialization.Encoding.PEM
    own = private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return own.decode(), public.decode()


RSA_PRIVATE, RSA_PUBLIC = pem(rsa.generate_private_key(65537, 2048))
EC_PRIVATE, EC_PUBLIC = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"algorithm": "sha512", "encoding": "base64"},
         "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="),
        ({"algorithm": "sha3_256"}, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ({"algorithm": "blake2s"}, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        ({"algorithm": "sha1"}, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ({"algorithm": "crc32"}, "352441c2"),
    ],
)  # fmt: skip
async def test_known_hashes(run: Any, config: dict[str, Json], wanted: str) -> None:
    for value in ("abc", File("a", "x", b"abc").value()):
        assert (await run("crypto.hash", config, value)).value == wanted
    assert (await run("crypto.hash", {**config, "expected": "00"}, "abc")).ports == ("output", "different")


async def test_data_is_hashed_as_compact_json(run: Any) -> None:
    assert (await run("crypto.hash", {}, {"a": [1, "ü"]})).value == (await run("crypto.hash", {}, '{"a":[1,"ü"]}')).value


SCHEMES = ["standard", "github", "stripe", "slack", "plain"]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_was_signed_is_right_and_what_was_changed_is_wrong(run: Any, scheme: str) -> None:
    config = {"scheme": scheme, "secret": "whsec_" + KEY}
    headers = (await run("crypto.hmac", config, "body ü")).value["headers"]
    check = {**config, "operation": "verify", "headers": {name.upper(): text for name, text in headers.items()}}
    assert (await run("crypto.hmac", check, "body ü")).ports == ("valid",)
    for change in ({"secret": "whsec_" + KEY[::-1].replace("=", "")[:40] + "AAA="}, {"headers": {}}):
        outcome = await run("crypto.hmac", {**check, **change}, "body ü")
        assert (outcome.ports, outcome.value["valid"]) == (("invalid",), False)
    assert (await run("crypto.hmac", check, "body u")).value["reason"] == "the signature is wrong"


@pytest.mark.parametrize(
    ("scheme", "header"),
    [("standard", "webhook-timestamp"), ("slack", "X-Slack-Request-Timestamp"), ("stripe", "Stripe-Signature")],
)
async def test_an_old_message_is_refused(run: Any, scheme: str, header: str) -> None:
    config = {"scheme": scheme, "secret": "s"}
    headers = dict((await run("crypto.hmac", config, "body")).value["headers"])
    for moment, reason in ((NOW - 301, "too old"), (NOW + 301, "too old"), ("soon", "cannot be read")):
        headers[header] = headers[header].replace(str(NOW), str(moment))
        outcome = await run("crypto.hmac", {**config, "operation": "verify", "headers": headers}, "body")
        assert reason in outcome.value["reason"]
        headers[header] = headers[header].replace(str(moment), str(NOW))


async def test_the_answer_that_the_standard_gives(run: Any) -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    config = {"operation": "verify", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "headers": headers}
    outcome = await run("crypto.hmac", {**config, "tolerance_seconds": 86_400}, '{"test": 2432232314}')
    assert outcome.value["reason"] == "the signature is too old, or from the future"


@pytest.mark.parametrize(
    ("config", "code"),
    [({"secret": "whsec_???"}, "KEY_INVALID"), ({"secret": "s", "operation": "verify", "headers": 5}, "CONFIG_INVALID")],
    ids=["secret", "headers"],
)
async def test_signatures_that_cannot_be(refused: Any, config: dict[str, Json], code: str) -> None:
    assert (await refused("crypto.hmac", config, "x")).code == code


FERNET = base64.urlsafe_b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("method", "key", "other"),
    [
        ("aes-256-gcm", KEY, base64.b64encode(bytes(32)).decode()),
        ("password", "correct horse", "battery staple"),
        ("fernet", FERNET, base64.urlsafe_b64encode(b"x" * 32).decode()),
        ("rsa-oaep", RSA_PUBLIC, RSA_PRIVATE),
    ],
    ids=["aes", "password", "fernet", "rsa"],
)
async def test_only_the_key_opens_it(run: Any, refused: Any, method: str, key: str, other: str) -> None:
    config = {"method": method, "key": key}
    sealed = (await run("crypto.encrypt", config, "noon ü")).value
    assert sealed != (await run("crypto.encrypt", config, "noon ü")).value
    own, wrong = (RSA_PRIVATE, pem(rsa.generate_private_key(65537, 2048))[0]) if method == "rsa-oaep" else (key, other)
    opening = {"method": method, "key": own, "operation": "decrypt"}
    assert (await run("crypto.encrypt", opening, sealed)).value == "noon ü"
    changed = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]
    for value, used in ((sealed, wrong), (changed, own), ("AAAA", own), ("", own)):
        error = await refused("crypto.encrypt", {**opening, "key": used}, value)
        assert (error.code, "noon" in error.message) == ("NOT_DECRYPTED", False)


async def test_a_purpose_binds_and_files_stay_files(run: Any, refused: Any) -> None:
    file = File("a.bin", "x", b"\xff\x00").value()
    sealed = (await run("crypto.encrypt", {"key": KEY, "purpose": "a"}, file)).value
    opening = {"key": KEY, "operation": "decrypt"}
    opened = (await run("crypto.encrypt", {**opening, "purpose": "a", "result": "file"}, sealed)).value
    assert opened["base64"] == file["base64"]
    assert (await refused("crypto.encrypt", {**opening, "purpose": "b"}, sealed)).code == "NOT_DECRYPTED"
    assert (await refused("crypto.encrypt", {**opening, "purpose": "a"}, sealed)).code == "NOT_TEXT"


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({"key": "AAAA"}, "x", "KEY_INVALID"),
        ({"key": "???"}, "x", "NOT_BASE64"),
        ({"key": "x", "method": "fernet"}, "x", "KEY_INVALID"),
        ({"key": EC_PUBLIC, "method": "rsa-oaep"}, "x", "KEY_INVALID"),
        ({"key": RSA_PUBLIC, "method": "rsa-oaep"}, "x" * 191, "TOO_LARGE"),
        ({"key": RSA_PUBLIC, "method": "rsa-oaep", "operation": "decrypt"}, "AAAA", "KEY_INVALID"),
        ({"key": KEY, "operation": "decrypt"}, "no base64!", "NOT_BASE64"),
    ],
    ids=["short", "no base64", "fernet", "ec", "long", "public", "content"],
)
async def test_keys_that_do_not_fit(refused: Any, config: dict[str, Json], value: str, code: str) -> None:
    assert (await refused("crypto.encrypt", config, value)).code == code


SECRET = "x" * 64


@pytest.mark.parametrize(
    ("algorithm", "own", "public"),
    [("HS256", SECRET, SECRET), ("RS256", RSA_PRIVATE, RSA_PUBLIC), ("ES256", EC_PRIVATE, EC_PUBLIC)],
    ids=["HS", "RS", "ES"],
)
async def test_a_token(run: Any, algorithm: str, own: str, public: str) -> None:
    config = {"operation": "sign", "algorithm": algorithm, "key": own, "claims": {"sub": "ü"}, "audience": "us", "issuer": "me"}
    token = (await run("crypto.jwt", {**config, "key_id": "1", "expires_seconds": 9 * 10**7})).value["token"]
    check = {"algorithm": algorithm, "key": public, "audience": "us", "issuer": "me", "token": f"Bearer {token}"}
    outcome = await run("crypto.jwt", check)
    assert (outcome.ports, outcome.value["claims"]["sub"], outcome.value["header"]["kid"]) == (("valid",), "ü", "1")


@pytest.mark.parametrize("line_end", ["", " ", "\r\n", "\\n"], ids=["none", "space", "windows", "written"])
async def test_keys_whose_line_ends_were_changed(run: Any, line_end: str) -> None:
    own, public = (key.replace("\n", line_end) for key in (RSA_PRIVATE, RSA_PUBLIC))
    token = (await run("crypto.jwt", {"operation": "sign", "algorithm": "RS256", "key": own, "expires_seconds": 0})).value[
        "token"
    ]
    assert (await run("crypto.jwt", {"algorithm": "RS256", "key": public}, token)).ports == ("valid",)
    sealed = (await run("crypto.encrypt", {"method": "rsa-oaep", "key": public}, "x")).value
    assert (await run("crypto.encrypt", {"operation": "decrypt", "method": "rsa-oaep", "key": own}, sealed)).value == "x"


def signed(claims: dict[str, Json], **more: Any) -> str:
    return jwt.encode(claims, SECRET, **{"algorithm": "HS256", **more})


@pytest.mark.parametrize(
    ("token", "config", "reason"),
    [
        (signed({"exp": 1}), {}, "no longer valid"),
        (signed({"nbf": 99_999_999_999}), {}, "not valid yet"),
        (signed({"aud": "them"}), {"audience": "us"}, "somebody else"),
        (signed({}), {"audience": "us"}, "does not say aud"),
        (signed({"iss": "them"}), {"issuer": "us"}, "from somebody else"),
        (signed({}, algorithm="HS512"), {}, "another way"),
        (jwt.encode({}, None, algorithm="none"), {}, "another way"),
        (signed({})[:-2], {}, "signature is wrong"),
        ("no.token.at-all", {}, "no token"),
        ("", {}, "no token"),
        ("x" * 100_001, {}, "too long"),
    ],
)  # fmt: skip
async def test_a_token_that_is_wrong(run: Any, token: str, config: dict[str, Json], reason: str) -> None:
    outcome = await run("crypto.jwt", {"key": SECRET, "token": token, **config})
    assert outcome.ports == ("invalid",)
    assert reason in outcome.value["reason"]


async def test_a_public_key_is_never_taken_for_a_secret(run: Any, refused: Any) -> None:
    """The classic forgery: a token signed with the public key as if that were the shared secret."""
    header, claims = ({"alg": "HS256", "typ": "JWT"}, {"sub": "admin"})
    forged = jwt.encode(claims, "x" * 40, algorithm="HS256", headers=header)
    outcome = await run("crypto.jwt", {"algorithm": "RS256", "key": RSA_PUBLIC, "token": forged})
    assert outcome.ports == ("invalid",)
    assert (await refused("crypto.jwt", {"operation": "sign", "algorithm": "RS256", "key": "x"})).code == "KEY_INVALID"
    assert (await refused("crypto.jwt", {"token": forged})).code == "KEY_INVALID"


async def test_keys_from_an_address(run: Any, refused: Any, peer: Any, http: Any) -> None:
    public = serialization.load_pem_public_key(EC_PUBLIC.encode())
    listed = {**jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True), "kid": "k1", "use": "sig"}  # type: ignore[arg-type]
    config = {"algorithm": "ES256", "jwks_url": f"{peer.url}/keys"}
    for key_id, ports in (("k1", ("valid",)), ("k2", ("invalid",))):
        token = jwt.encode({"sub": "a"}, EC_PRIVATE, algorithm="ES256", headers={"kid": key_id})
        peer.answers({"keys": [listed]})
        assert (await run("crypto.jwt", config, token, http=http)).ports == ports
    peer.answers({"keys": [listed]}, status=500)
    assert (await refused("crypto.jwt", config, token, http=http)).code == "KEY_INVALID"
    assert (await refused("crypto.jwt", {**config, "algorithm": "HS256"}, token, http=http)).code == "CONFIG_INVALID"


async def test_reading_a_token_proves_nothing_but_works(run: Any, refused: Any) -> None:
    token = jwt.encode({"sub": "ada"}, SECRET, algorithm="HS256")
    assert (await run("crypto.jwt", {"operation": "decode"}, token)).value["claims"] == {"sub": "ada"}
    assert (await refused("crypto.jwt", {"operation": "decode"}, "no token")).code == "NOT_A_TOKEN"


@pytest.mark.parametrize(
    ("config", "pattern"),
    [
        ({"kind": "token", "length": 16, "encoding": "hex"}, r"[0-9a-f]{32}"),
        ({"kind": "token", "length": 16}, r"[\w-]{22}"),
        ({"kind": "password", "length": 8}, r"(?=.*[a-z])(?=.*[A-Z])(?=.*[2-9])(?=.*[!#$%&*+=?@_-]).{8}"),
        ({"kind": "password", "signs": False}, r"[a-zA-Z2-9]{24}"),
        ({"kind": "uuid4"}, r"[0-9a-f-]{14}4.{21}"),
        ({"kind": "integer", "lower": -3, "upper": 3}, r"-?[0-3]"),
    ],
    ids=str,
)
async def test_something_random(run: Any, config: dict[str, Json], pattern: str) -> None:
    made = [(await run("crypto.random", config)).value for _ in range(30)]
    assert all(re.fullmatch(pattern, str(value)) for value in made)
    assert len(set(made)) > 3


async def test_an_id_tells_its_time(run: Any) -> None:
    made = uuid.UUID((await run("crypto.random", {"kind": "uuid7"})).value)
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, NOW * 1000)


async def test_random_things_that_cannot_be(run: Any, refused: Any) -> None:
    with pytest.raises(ValidationError):
        await run("crypto.random", {"kind": "integer", "lower": 5, "upper": 4})
    for secret in ("", "1", "!!!"):
        assert (await refused("crypto.random", {"kind": "totp", "secret": secret})).code == "KEY_INVALID"
