"""Encrypting and decrypting bytes. What is wrong is told without saying why: that would help only attackers."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.sdk import BlockError
from blocks.crypto._content import from_base64, pem

KEY, PASSWORD = b"\x01", b"\x02"
NONCE_BYTES = 12
SALT_BYTES = 16
KEY_BYTES = 32
OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def encrypt(method: str, key: str, content: bytes, bound_to: bytes) -> bytes:
    """The encrypted bytes; for AES a byte for the kind of key, the salt of a password, the nonce, then the content."""
    match method:
        case "aes-256-gcm":
            return KEY + _sealed(_aes_key(key), content, bound_to)
        case "password":
            salt = os.urandom(SALT_BYTES)
            return PASSWORD + salt + _sealed(_derived(key, salt), content, bound_to)
        case "fernet":
            return _fernet(key).encrypt(content)
        case _:
            return _rsa_encrypted(key, content)


def decrypt(method: str, key: str, content: bytes, bound_to: bytes) -> bytes:
    try:
        match method:
            case "aes-256-gcm":
                return _opened(_aes_key(key), _after(KEY, content), bound_to)
            case "password":
                rest = _after(PASSWORD, content)
                return _opened(_derived(key, rest[:SALT_BYTES]), rest[SALT_BYTES:], bound_to)
            case "fernet":
                return _fernet(key).decrypt(content)
            case _:
                return _private(key).decrypt(content, OAEP)
    except (InvalidTag, InvalidToken, ValueError):
        message = "this cannot be decrypted: it was encrypted with another key or method, or was changed"
        raise BlockError("NOT_DECRYPTED", message, retryable=False) from None


def _after(kind: bytes, content: bytes) -> bytes:
    if content[:1] != kind or len(content) <= NONCE_BYTES:
        raise ValueError
    return content[1:]


def _sealed(key: bytes, content: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound_to)


def _opened(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)


def _aes_key(key: str) -> bytes:
    found = from_base64(key, "key")
    if len(found) != KEY_BYTES:
        raise BlockError("KEY_INVALID", f"field `key`: must be {KEY_BYTES} bytes in base64", retryable=False)
    return found


def _derived(password: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(password.encode())


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise BlockError("KEY_INVALID", "field `key`: must be a Fernet key: 32 bytes in base64", retryable=False) from None


def _rsa_encrypted(key: str, content: bytes) -> bytes:
    try:
        public = serialization.load_pem_public_key(pem(key).encode())
    except (ValueError, UnsupportedAlgorithm):
        public = None
    if not isinstance(public, rsa.RSAPublicKey):
        raise BlockError("KEY_INVALID", "field `key`: must be an RSA public key (PEM)", retryable=False)
    longest = public.key_size // 8 - 2 * hashes.SHA256.digest_size - 2
    if len(content) > longest:
        raise BlockError("TOO_LARGE", f"with this key, RSA encrypts at most {longest} bytes", retryable=False)
    return public.encrypt(content, OAEP)


def _private(key: str) -> rsa.RSAPrivateKey:
    try:
        private = serialization.load_pem_private_key(pem(key).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise BlockError("KEY_INVALID", "field `key`: must be an RSA private key (PEM) without a password", retryable=False)
    return private
