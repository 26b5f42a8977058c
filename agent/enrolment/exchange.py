"""Bringing the token to the node: asked until it answers, with the same words each time."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import zmq.asyncio

from agent.enrolment.preparation import PUBLIC_MODE, Place
from agent.enrolment.seed import Seed
from agent.signing.identity import Entropy, Identity
from agent.signing.keys import Keys
from agent.upstream.link import Link, LinkDown, NodeAddress, NodeError
from evidence.enrolment import Request, sign_request
from evidence.errors import EvidenceError
from evidence.policy import Policy, parse_policy
from evidence.shape import as_bytes
from evidence.wire import Code, Label, Type
from foundation.durable import write_file
from foundation.errors import Alarm, Fatal

log = logging.getLogger(__name__)

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0  # s between two tries

Sleep = Callable[[float], Awaitable[None]]


class EnrolmentRefused(Fatal):
    """The node does not admit this gateway by this token."""

    advice = "ask the node's operator; a new token: tallyman-ledger token new DIR …"


class WrongPolicy(Alarm):
    """The node demands something else than the seed's policy does: it is not believed."""

    advice = "compare both with another member's policy.txt; do not enrol until they agree"


async def exchange(
    seed: Seed, identity: Identity, keys: Keys, entropy: Entropy, sleep: Sleep
) -> bytes:
    """Return the policy that names this gateway, once the node has admitted it.

    Asks until it has an answer. Raises EnrolmentRefused or WrongPolicy, which asking again would
    not change.
    """
    statement = signed_request(seed, identity, keys)
    delay = FIRST_DELAY
    with zmq.asyncio.Context() as context:
        while True:
            try:
                text = await _ask(context, seed, keys, entropy, statement)
            except LinkDown as error:
                log.warning("%s (%s); next try in %.0f s", error, error.advice, delay)
                await sleep(delay)
                delay = min(2 * delay, LONGEST_DELAY)
            except NodeError as error:
                if error.code != Code.BUSY:
                    raise EnrolmentRefused(f"{seed.endpoint} refuses: {error}") from error
                await sleep(error.retry_after)
            else:
                check_policy(text, seed.policy, identity, keys)
                return text


def signed_request(seed: Seed, identity: Identity, keys: Keys) -> bytes:
    """Return the request to be admitted; the same bytes each time, unless a token signs."""
    statement = keys.statement
    curve = keys.curve.public.decode()
    request = Request(seed.token, seed.label, identity.gateway, curve, statement.public)
    return sign_request(request, statement.algorithm, statement.sign)


def check_policy(text: bytes, pinned: Policy, identity: Identity, keys: Keys) -> None:
    """Return None when the node's policy demands what ours does, and names this gateway."""
    try:
        policy = parse_policy(text.decode())
        policy.gateway_key(identity.gateway, keys.statement.public.kid)
    except (EvidenceError, UnicodeDecodeError) as error:
        raise WrongPolicy(f"the node's policy cannot be used: {error}", evidence=text) from error
    if policy.digest != pinned.digest:
        raise WrongPolicy("the node's policy is not the one in the seed", evidence=text)


def pin(text: bytes, place: Place) -> None:
    """Keep the policy that names this gateway, durably."""
    write_file(place.policy, text, PUBLIC_MODE)


async def _ask(
    context: zmq.asyncio.Context, seed: Seed, keys: Keys, entropy: Entropy, statement: bytes
) -> bytes:
    node = NodeAddress("enrolment", seed.endpoint, seed.server_key)
    async with Link(context, node, keys.curve, entropy, lambda _: None) as link:
        answer = await link.request(Type.ENROL, {}, statement)
    try:
        return as_bytes(answer.get(Label.POLICY), "policy")
    except EvidenceError as error:
        raise EnrolmentRefused(f"{seed.endpoint} does not speak enrolment: {error}") from error
