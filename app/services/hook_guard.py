"""What decides about a webhook call beside its secret: signature, address, size, rate, and which calls are the same."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast

from app.db.workflows import WorkflowRow
from app.engine.program import Step
from app.journal.records import NewExecution
from app.services import hook_signatures as signatures
from app.services.errors import ServiceError
from app.services.hook_answers import HookCall
from app.services.hook_signatures import Generic, Proof, Unproven
from app.services.hook_tokens import SECRET_METHODS, TokenRule
from app.services.idempotency import Key, expression_key
from app.services.networks import is_within, network

PLAIN = frozenset({"webhook_id", "webhook_secret", "methods"})
"""What a webhook has that is checked by its secret alone."""
MAX_GUARDS = 10_000
MAX_SAME = 2_000
SIGNED: Mapping[str, Callable[[bytes, Mapping[str, str], bytes], Proof]] = {
    "github": signatures.github,
    "stripe": signatures.stripe,
    "slack": signatures.slack,
    "standard": signatures.standard,
}


class Options(Protocol):
    """The settings of a webhook block, as far as they concern a call."""

    webhook_secret: str
    scheme: str
    username: str
    signature_header: str
    algorithm: str
    encoding: str
    prefix: str
    timestamp_header: str
    replay_seconds: int
    allowed_addresses: Sequence[str]
    calls_per_minute: int | None
    max_bytes: int | None
    same_header: str
    same_expression: str
    jwt_method: str
    jwt_public_key: str
    jwt_audience: str
    jwt_issuer: str


@dataclass(frozen=True, slots=True)
class Once:
    """A signed call that counts once, until it is forgotten because it would be too old anyway."""

    digest: str
    until: datetime


class Guard:
    """Checks calls of one webhook block."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._networks = [network(text) for text in options.allowed_addresses]
        self.replaces_secret = options.scheme != "secret"
        """Whether callers prove themselves in another way than by the secret as a bearer token."""
        self.secret_header = options.signature_header if options.scheme == "header" else ""
        """The header that nobody may see afterwards."""
        self.has_same = bool(options.same_header or options.same_expression.strip())
        """Whether calls may be the same."""
        self.calls_per_minute = options.calls_per_minute
        self._token = _token_rule(options) if options.scheme == "jwt" else None

    def check_place(self, call: HookCall) -> None:
        """Raises 403 for a call from elsewhere."""
        if self._networks and not is_within(call.address, self._networks):
            raise ServiceError("ADDRESS_REFUSED", "This webhook takes no calls from your address.", 403)

    def check_size(self, call: HookCall) -> None:
        """Raises 413 for a body that is longer than this webhook takes."""
        limit = self._options.max_bytes
        if limit is not None and len(call.body) > limit:
            raise ServiceError("TOO_LARGE", f"The request body is too large; this webhook takes {limit:,} bytes.", 413)

    def check_proof(self, call: HookCall) -> Once | None:
        """What marks this call where it is signed and counts once. Raises 401."""
        options = self._options
        if options.scheme == "none":
            return None
        try:
            if self._token is not None:
                self._token.check(call.headers)
                return None
            if not options.webhook_secret:
                raise Unproven("This webhook has no secret, so every call is refused.")
            match options.scheme:
                case "basic":
                    signatures.basic(options.username, options.webhook_secret, call.headers)
                    return None
                case "header":
                    signatures.in_header(options.signature_header, options.webhook_secret, call.headers)
                    return None
            return self._once(self._proof(call))
        except Unproven as error:
            raise ServiceError("UNAUTHORIZED", str(error), 401) from None

    def _proof(self, call: HookCall) -> Proof:
        options = self._options
        secret = options.webhook_secret.encode("utf-8", "replace")
        if options.scheme != "generic":
            return SIGNED[options.scheme](secret, call.headers, call.body)
        header, time_header = options.signature_header, options.timestamp_header
        generic = Generic(header, options.algorithm, options.encoding, options.prefix, time_header)
        return generic.proven(secret, call.headers, call.body)

    def _once(self, proof: Proof) -> Once | None:
        window, now = self._options.replay_seconds, time.time()
        if not window:
            return None
        signed_at = now if proof.signed_at is None else float(proof.signed_at)
        if abs(now - signed_at) > window:
            when = "too old" if signed_at < now else "in the future"
            raise Unproven(f"The call was signed {abs(now - signed_at):.0f} seconds off: it is {when}; {window} are allowed.")
        return Once(proof.digest, datetime.fromtimestamp(max(signed_at, now) + window + 1, UTC))

    def same(self, call: HookCall, row: WorkflowRow, new: NewExecution) -> Key | None:
        """The key under which calls are the same. Raises 400."""
        options = self._options
        if options.same_header:
            text = call.headers.get(options.same_header.lower(), "").strip()
            if len(text) > MAX_SAME:
                raise ServiceError("VALIDATION_ERROR", f"The header {options.same_header} is too long.", 400)
            return _key(new, f"header:{text}") if text else None
        key = expression_key(options.same_expression.strip(), row, new)
        return None if key is None else _key(new, key.digest)


class Guards:
    """The guard of each block that has one."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[Step, Guard]] = OrderedDict()

    def of(self, step: Step) -> Guard | None:
        """None for a webhook that its secret alone protects. Raises 503 for settings that cannot be read."""
        options = step.config.static
        if options is None:
            if step.config.raw.keys() <= PLAIN:
                return None
            raise ServiceError("WEBHOOK_SETTINGS", "This webhook's settings cannot be used; open the block to see why.", 503)
        if not getattr(options, "is_guarded", True):
            return None
        found = self._known.get(id(step))
        if found is None or found[0] is not step:
            found = self._known[id(step)] = step, Guard(cast(Options, options))
            if len(self._known) > MAX_GUARDS:
                self._known.popitem(last=False)
        return found[1]


def _token_rule(options: Options) -> TokenRule:
    key = options.webhook_secret if options.jwt_method in SECRET_METHODS else options.jwt_public_key
    return TokenRule(options.jwt_method, key, options.jwt_audience, options.jwt_issuer)


def _key(new: NewExecution, text: str) -> Key:
    return Key("call:" + hashlib.sha256(f"{new.start_block}:{text}".encode()).hexdigest())
