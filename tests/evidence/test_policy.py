"""The pinned policy: its grammar line by line, quorums, key validity, and its digest."""

from __future__ import annotations

import itertools
import time
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import (
    EvidenceError,
    MalformedError,
    SignatureError,
    UntrustedError,
)
from evidence.note import KeyType, Note, Signature
from evidence.policy import GatewayKey, Policy, parse_policy
from tests.evidence.building import (
    ISSUER,
    NOON,
    ORIGIN,
    WITNESSES,
    EcdsaSigner,
    EdSigner,
    World,
    seeded,
)
from tests.independent.logs import read_logs
from tests.independent.reasons import Refused

WORLD = World()
LOG = f"log {WORLD.log_key.to_text()}"
RECEIPT = f"receipt {b64encode(WORLD.receipts.public.to_cose()).decode()}"
NAMED = [f"witness {name} {WORLD.witness_key(name).to_text()}" for name in WITNESSES]
GATEWAY_KEY = b64encode(WORLD.gateway.public.to_cose()).decode()
GATEWAY = f"gateway {ISSUER} {GATEWAY_KEY} from 2026-01-01T00:00:00Z"
HEAD = [LOG, RECEIPT, *NAMED]


def policy(*lines, head=HEAD):
    return parse_policy("\n".join([*head, *lines]))


def refused(*lines, head=HEAD):
    with pytest.raises(MalformedError) as caught:
        policy(*lines, head=head)
    return str(caught.value)


def satisfied(parsed: Policy):
    """Return the minimal sets of witnesses, as first letters, that satisfy the quorum."""
    found = []
    for size in range(len(WITNESSES) + 1):
        for names in itertools.combinations(WITNESSES, size):
            if parsed.satisfied(set(names)) and not any(set(f) <= set(names) for f in found):
                found.append(names)
    return {"".join(name[0] for name in names) for names in found}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["quorum none"], {""}),
        (["quorum amber"], {"a"}),
        (["group g any amber birch", "quorum g"], {"a", "b"}),
        (["group g all amber birch", "quorum g"], {"ab"}),
        (["group g 3 amber birch cedar dunes", "quorum g"], {"abc", "abd", "acd", "bcd"}),
        (["group g 003 amber birch cedar dunes", "quorum g"], {"abc", "abd", "acd", "bcd"}),
        (["group g 0003 amber birch cedar dunes", "quorum g"], {"abc", "abd", "acd", "bcd"}),
        (
            ["group x 1 amber birch", "group y all cedar dunes", "group g all x y", "quorum g"],
            {"acd", "bcd"},
        ),
        (
            ["group x any amber birch", "group g 2 x cedar dunes", "quorum g"],
            {"ac", "ad", "bc", "bd", "cd"},
        ),
    ],
)
def test_quorums(lines, expected):
    assert satisfied(policy(*lines)) == expected


def test_names_that_nobody_pinned_satisfy_nothing():
    parsed = policy("group g 2 amber birch", "quorum g")
    assert not parsed.satisfied({"g2", "amber", "Amber", ""})


def test_a_deep_chain_of_groups_is_walked_without_recursing():
    chain = ["group g0 any amber"]
    chain += [f"group g{n} any g{n - 1}" for n in range(1, 5000)]
    parsed = policy(*chain, "quorum g4999")
    assert parsed.satisfied({"amber"})
    assert not parsed.satisfied({"birch"})


def test_comments_tabs_urls_and_empty_lines():
    text = f"\n# comment\n \t# another\n\t{LOG}\thttps://log.example.com \n{RECEIPT}\n\n"
    text += NAMED[0] + " https://amber.example.org\nquorum amber"
    assert parse_policy(text).quorum == "amber"


def test_anything_may_be_a_name_that_is_one_word():
    for name in ("å", "a#b", "\u2003", "a\u00a0b", "quorum", "K", "\u212a"):
        parsed = policy(
            f"witness {name} {WORLD.witness_key('amber').to_text()}",
            f"quorum {name}",
            head=HEAD[:2],
        )
        assert list(parsed.witnesses) == [name]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["nonsense"], "line 7: 'nonsense' is not one of"),
        ([LOG], "line 7: wanted once: log"),
        ([RECEIPT], "line 7: wanted once: receipt"),
        (["quorum amber", "quorum amber"], "line 8: wanted once: quorum"),
        (["log"], "line 7: wanted once: log"),
        (["receipt"], "line 7: wanted once"),
        (["witness x"], "line 7: wanted: witness"),
        (["group g 1"], "line 7: wanted: group"),
        (["quorum"], "line 7: wanted once: quorum"),
        (["quorum amber birch"], "line 7: wanted once: quorum"),
        (["quorum nobody"], "line 7: 'nobody' is no witness or group"),
        (["quorum g", "group g any amber"], "line 7: 'g' is no witness or group"),
        (["group g any g"], "line 7: 'g' is no witness or group"),
        (["group g any none"], "line 7: 'none' is no witness or group"),
        (["group none any amber"], "line 7: the name 'none' is taken"),
        (["group amber any birch"], "line 7: the name 'amber' is taken"),
        (["group g any amber", "group g any birch"], "line 8: the name 'g' is taken"),
        (["group g 2 amber amber"], "line 7: 'amber' is a member already"),
        (["group g any amber", "group h any amber"], "line 8: 'amber' is a member already"),
        (
            ["group g any amber", "group h any g", "group i any g"],
            "line 9: 'g' is a member already",
        ),
        (["group g 0 amber"], "line 7: group 'g' wants '0' of 1"),
        (["group g 2 amber"], "line 7: group 'g' wants '2' of 1"),
        (["group g 00001 amber"], "line 7: group 'g' wants '00001' of 1"),
        (["group g -1 amber"], "wants '-1' of 1"),
        (["group g +1 amber"], "wants '+1' of 1"),
        (["group g 1.0 amber"], "wants '1.0' of 1"),
        (["group g \u0661 amber"], "of 1"),  # Arabic digit one
        (["group g \u00b9 amber"], "of 1"),  # superscript one
        (["group g " + "1" * 5000 + " amber"], "of 1"),
        (["group g ANY amber"], "wants 'ANY' of 1"),
        (["log x\x0b"], "line 7: a control character"),
        (["quorum amber\r"], "line 7: a control character"),
        (["quorum amber\x00"], "line 7: a control character"),
        (["quorum amber\x7f"], "line 7: a control character"),
        (["quorum \ud800"], "line 7: a control character"),
        (["quorum\u00a0amber"], "is not one of"),  # no white space here
        ([NAMED[0].replace("amber", "again", 1)], "line 7: two witnesses with one key"),
        (
            ["witness none " + EdSigner("x").note_key("x", KeyType.COSIGNATURE).to_text()],
            "is taken",
        ),
        (["witness x " + EdSigner("x").note_key("x", KeyType.NOTE).to_text()], "is of type 1"),
        (["witness x vkey"], "no verifier key"),
        (["gateway " + ISSUER], "line 7: wanted: gateway"),
        ([f"gateway {ISSUER} {GATEWAY_KEY} from"], "wanted: gateway"),
        ([f"gateway {ISSUER} {GATEWAY_KEY} until 2026-01-01T00:00:00Z"], "wanted: gateway"),
        ([f"gateway {ISSUER} AAAA from 2026-01-01T00:00:00Z"], "line 7"),
        ([f"gateway {ISSUER} not-base64 from 2026-01-01T00:00:00Z"], "not base64"),
        ([GATEWAY + " until"], "wanted: gateway"),
        ([GATEWAY + " from 2027-01-01T00:00:00Z"], "has a time `from`"),
        ([GATEWAY + " since 2027-01-01T00:00:00Z"], "has a time `from`"),
        ([GATEWAY, GATEWAY], "line 8: this key stands on an earlier line"),
        ([GATEWAY, GATEWAY + " revoked 2026-06-01T00:00:00Z"], "line 8: this key stands"),
        ([GATEWAY, GATEWAY.replace(ISSUER, "urn:uuid:other")], "line 8: this key stands"),
    ],
)
def test_errors_name_the_line(lines, text):
    assert text in refused(*lines)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01t00:00:00z",
        "2026-1-1T0:0:0Z",
        "2026-01-01T00:00:00.5Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "\u0662026-01-01T00:00:00Z",
        "20260101T000000Z",
        "1767225600",
        "Z",
    ],
)
def test_times_that_are_none(stamp):
    assert "is no time of the form" in refused(f"gateway {ISSUER} {GATEWAY_KEY} from {stamp}")


@pytest.mark.parametrize("missing", [0, 1, -1])
def test_a_policy_needs_log_receipt_key_and_quorum(missing):
    lines = [LOG, RECEIPT, NAMED[0], "quorum amber"]
    del lines[missing]
    assert "needs a log, a receipt key and a quorum" in refused(head=lines)


def test_the_logs_own_key_must_be_of_its_type():
    lines = [f"log {WORLD.witness_key('amber').to_text()}", RECEIPT, "quorum none"]
    assert "is of type 4" in refused(head=lines)


@given(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=80))
@settings(deadline=None)
def test_hostile_lines_raise_nothing_else(line):
    try:
        policy(line)
    except EvidenceError:
        return
    raise AssertionError("without a quorum there is no policy")


@given(
    st.sampled_from(["log", "receipt", "witness", "group", "quorum", "gateway"]),
    st.lists(st.text(max_size=12), max_size=7),
)
@settings(deadline=None)
def test_hostile_words_raise_nothing_else(keyword, words):
    with pytest.raises(EvidenceError):
        policy(" ".join([keyword, *words]), "quorum amber", "quorum amber")


QUORUM = ["group q 3 amber birch cedar dunes", "quorum q"]


def test_check_gives_the_cosigners_and_their_times():
    times = policy(*QUORUM).check(
        parse_checkpoint(WORLD.note(("dunes", "birch", "amber"), at=NOON))
    )
    assert set(times) == {"amber", "birch", "dunes"}
    assert sorted(times.values()) == [NOON, NOON + 1, NOON + 2]


def test_too_few_cosigners():
    for names, said in ((("birch", "amber"), "amber, birch"), ((), "nobody")):
        note = parse_checkpoint(WORLD.note(names, minimal=False))
        with pytest.raises(
            UntrustedError, match=f"cosigned by {said}: not the quorum 'q'"
        ) as caught:
            policy(*QUORUM).check(note)
        assert caught.value.reason == "quorum"


def test_one_cosigner_many_times_is_one():
    signed = parse_checkpoint(WORLD.note(("amber",), minimal=False))
    line = signed.note.signatures[1]
    note = Note(signed.note.text, (*signed.note.signatures, line, line))
    with pytest.raises(MalformedError) as caught:
        policy(*QUORUM).check(replace(signed, note=note))
    assert caught.value.reason == "note-twice"


def test_a_quorum_of_unknown_keys():
    other = World(witnesses={name: EdSigner("not " + name) for name in WITNESSES})
    with pytest.raises(UntrustedError):
        policy(*QUORUM).check(parse_checkpoint(other.note(minimal=False)))


def test_a_known_cosigners_bad_line_rejects_the_whole():
    signed = parse_checkpoint(WORLD.note(minimal=False))
    *lines, last = signed.note.signatures
    bad = Signature(last.name, last.key_id, last.blob[:-1] + bytes([last.blob[-1] ^ 1]))
    with pytest.raises(SignatureError):
        policy(*QUORUM).check(replace(signed, note=Note(signed.note.text, (*lines, bad))))


def test_the_logs_line_is_needed_and_is_no_cosignature():
    signed = parse_checkpoint(WORLD.note(minimal=False))
    unsigned = replace(signed, note=Note(signed.note.text, signed.note.signatures[1:]))
    with pytest.raises(SignatureError) as caught:
        policy(*QUORUM).check(unsigned)
    assert caught.value.reason == "note-unsigned"
    # an operator who runs log and witness on one key is asked for both lines
    both = World(
        witnesses={"own": EdSigner("log"), "amber": EdSigner("amber")},
        quorum="group q all own amber\nquorum q",
    )
    with pytest.raises(UntrustedError):
        both.policy().check(parse_checkpoint(both.note(("amber",), minimal=False)))


def test_another_log():
    other = World(origin="log.example.com/south")
    with pytest.raises(UntrustedError) as caught:
        policy(*QUORUM).check(parse_checkpoint(other.note(minimal=False)))
    assert caught.value.reason == "origin"


def test_another_logs_key_under_our_origin():
    other = World(log=EdSigner("other log"))
    with pytest.raises(SignatureError):
        policy(*QUORUM).check(parse_checkpoint(other.note(minimal=False)))


def test_minimal_keeps_one_quorum_in_the_order_of_vkeys():
    parsed = policy(*QUORUM)
    minimal = parsed.minimal(parse_checkpoint(WORLD.note(minimal=False)))
    names = [line.name for line in minimal.note.signatures]
    assert names[0] == ORIGIN
    assert len(names) == 4
    assert names[1:] == sorted(names[1:])
    assert parsed.minimal(minimal) == minimal
    parsed.check(minimal)


def test_minimal_does_not_depend_on_local_names():
    renamed = [line.replace("witness ", "witness z") for line in reversed(NAMED)]
    quorum = ["group q 3 zdunes zcedar zbirch zamber", "quorum q"]
    other = policy(*quorum, head=[LOG, RECEIPT, *renamed])
    full = parse_checkpoint(WORLD.note(minimal=False))
    assert other.minimal(full) == policy(*QUORUM).minimal(full)


def test_minimal_of_nested_groups():
    parsed = policy("group x any amber birch", "group g all x cedar", "quorum g")
    lines = parsed.minimal(parse_checkpoint(WORLD.note(minimal=False))).note.signatures
    assert len(lines) == 3


def test_the_digest_is_of_what_it_means():
    digest = policy(*QUORUM).digest
    renamed = [line.replace("witness ", "witness z") + " https://x/" for line in reversed(NAMED)]
    same = policy(
        "# other words", "group w 3 zdunes zamber zcedar zbirch", "quorum w", GATEWAY,
        head=[*renamed, RECEIPT, LOG + " https://log/"],
    )  # fmt: skip
    assert same.digest == digest
    others = [
        policy("group q 2 amber birch cedar dunes", "quorum q"),
        policy("group q 3 amber birch cedar", "quorum q"),
        policy("quorum none"),
        policy("quorum amber"),
        policy("group q any amber", "quorum q"),
        policy(
            *QUORUM,
            head=[f"log {EdSigner('x').note_key(ORIGIN, KeyType.NOTE).to_text()}", *HEAD[1:]],
        ),
        policy(*QUORUM, head=[LOG, f"receipt {GATEWAY_KEY}", *HEAD[2:]]),
    ]
    assert len({digest, *(other.digest for other in others)}) == 8


def test_any_and_one_are_the_same_rule():
    one = policy("group q 1 amber birch", "quorum q")
    assert one.digest == policy("group q any birch amber", "quorum q").digest
    two = policy("group q 2 amber birch", "quorum q")
    assert two.digest == policy("group q all birch amber", "quorum q").digest


def test_a_policy_of_thousands_of_lines_is_read_in_no_time():
    key = EdSigner("x").note_key
    lines = [f"witness w{n} {key(f'w{n}', KeyType.COSIGNATURE).to_text()}" for n in range(2)]
    assert "two witnesses with one key" in refused(*lines)
    gateways = [
        f"gateway urn:{n} {b64encode(EdSigner(f'g{n}').public.to_cose()).decode()} from 2026-01-01T00:00:00Z"
        for n in range(300)
    ]
    start = time.process_time()
    assert len(policy(*gateways, *QUORUM).gateways) == 300
    assert time.process_time() - start < 5


def key(**times):
    return GatewayKey(ISSUER, WORLD.gateway.public, **{"valid_from": NOON, **times})


@pytest.mark.parametrize(
    ("entry", "issued", "anchored", "reason"),
    [
        (key(), NOON, NOON, None),
        (key(), 0, NOON, None),  # a gateway that woke in 1970
        (key(), NOON, NOON - 1, "key-early"),
        (key(valid_until=NOON + 9), NOON + 8, NOON + 99, None),  # signed in time, sent later
        (key(valid_until=NOON + 9), NOON + 9, NOON + 99, "key-expired"),
        (key(revoked_at=NOON + 9), NOON, NOON + 8, None),
        (key(revoked_at=NOON + 9), NOON, NOON + 9, "key-revoked"),
        (key(revoked_at=NOON + 9), 0, NOON + 99, "key-revoked"),  # a thief dates back
    ],
)
def test_validity_of_a_gateway_key(entry, issued, anchored, reason):
    if reason is None:
        entry.check(issued, anchored)
        return
    with pytest.raises(UntrustedError) as caught:
        entry.check(issued, anchored)
    assert caught.value.reason == reason


def test_gateway_keys_are_found_by_issuer_and_kid():
    second = b64encode(EcdsaSigner("second").public.to_cose()).decode()
    parsed = policy(
        *QUORUM,
        GATEWAY,
        f"gateway {ISSUER} {second} from 2026-06-01T00:00:00Z until 2027-01-01T00:00:00Z",
    )
    assert parsed.gateway_key(ISSUER, WORLD.gateway.public.kid).key == WORLD.gateway.public
    found = parsed.gateway_key(ISSUER, EcdsaSigner("second").public.kid)
    assert found.valid_until is not None
    for issuer, kid in [
        ("urn:uuid:other", WORLD.gateway.public.kid),
        (ISSUER, bytes(8)),
        (ISSUER, b""),
    ]:
        with pytest.raises(UntrustedError) as caught:
            parsed.gateway_key(issuer, kid)
        assert caught.value.reason == "unknown-gateway"


def test_errors_repeat_foreign_text_escaped_and_short():
    signed = parse_checkpoint(WORLD.note(minimal=False))
    evil = replace(signed, checkpoint=Checkpoint("\x1b[2J" + "x" * 9000, 1, seeded("r")))
    with pytest.raises(UntrustedError) as caught:
        policy(*QUORUM).check(evil)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_policy_has_sixteen_mebibytes_at_most():
    text = World().policy_text()
    longest = text + "#" * (16 * 1024 * 1024 - len(text))
    assert parse_policy(longest).digest == parse_policy(text).digest
    assert read_logs(longest.encode()).digest == parse_policy(text).digest
    with pytest.raises(MalformedError) as refused:
        parse_policy(longest + "#")
    assert refused.value.reason == "policy"
    with pytest.raises(Refused):
        read_logs(longest.encode() + b"#")


def test_a_byte_order_mark_is_named():
    text = "\n".join([*HEAD, "quorum amber"])
    with pytest.raises(MalformedError, match="policy line 1: a byte order mark; save the file as"):
        parse_policy(f"\ufeff{text}")
    with pytest.raises(MalformedError, match="line 7: "):
        policy("\ufeffquorum amber")


@pytest.mark.parametrize("until", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
def test_a_gateway_s_line_may_give_each_of_the_times(until, revoked):
    times = "from 2026-09-21T14:13:20Z"  # NOON
    times += " until 2026-09-21T14:13:21Z" if until else ""
    times += " revoked 2026-09-21T14:13:22Z" if revoked else ""
    (gateway,) = parse_policy(World(gateway_times=times).policy_text()).gateways
    wanted = NOON, NOON + 1 if until else None, NOON + 2 if revoked else None
    assert (gateway.valid_from, gateway.valid_until, gateway.revoked_at) == wanted
