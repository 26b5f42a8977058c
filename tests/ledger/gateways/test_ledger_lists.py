"""The list of gateways as it is after each change, and who may do what by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence import cbor
from evidence.errors import MalformedError
from evidence.wire import Code, Envelope, Label, Type, labels
from foundation.errors import Fatal
from ledger.base import times
from ledger.base.errors import Refused
from ledger.gateways.admission import ZAP_DOMAIN, Admission, Peer, peers_of
from ledger.gateways.desk import dispatch, keep_shown
from ledger.gateways.gateways import Gateway, read_gateways, read_public_gateway, to_toml
from ledger.gateways.listing import add_gateway, each_gateway, end_keys, fence_gateway, named
from ledger.gateways.pins import PinnedLog, add_pin, read_pins
from ledger.gateways.pins import to_toml as pins_to_toml
from ledger.store.store import Exhibit
from tests.evidence.building import World
from tests.ledger.support import NOW, curve_key
from tests.ledger.support import Gateway as Made


def listed(name="truck-7", **changes):
    made = Made(name)
    entry = Gateway(name, made.issuer, made.curve.public.decode(), made.signer.public, NOW)
    return replace(entry, **changes)


ONE, OTHER = listed(), listed("truck-8")
NEXT_KEY = replace(ONE, key=OTHER.key)
DAY = "2026-02-02T02:40:00Z"  # NOW


def test_now_is_as_written():
    assert times.to_text(NOW) == DAY


def test_a_gateway_stands_on_the_list_once():
    assert add_gateway([], ONE) == (ONE,)
    assert add_gateway([ONE], replace(ONE, name="again", since=NOW + 9)) == (ONE,)
    assert add_gateway([ONE], OTHER) == (ONE, OTHER)
    second = listed("truck-7", issuer=ONE.issuer, curve=ONE.curve)
    assert add_gateway([ONE], second) == (ONE, second), "a gateway that changed its key"


@pytest.mark.parametrize(
    ("known", "new", "said", "advice"),
    [
        (replace(ONE, revoked=NOW), ONE, f"of truck-7 was revoked on {DAY}", "make new keys"),
        (replace(ONE, fenced=NOW), ONE, f"of truck-7 was revoked on {DAY}", "make new keys"),
        (
            replace(ONE, fenced=NOW + 5, revoked=NOW), ONE,
            f"the statement key of truck-7 was revoked on {DAY}", "make new keys",
        ),
        (
            ONE, replace(OTHER, curve=ONE.curve),
            f"the CURVE key of truck-8 is that of truck-7 ({ONE.issuer})", "was a card copied?",
        ),
        (
            ONE, replace(OTHER, key=ONE.key),
            f"the statement key of truck-8 is that of truck-7 ({ONE.issuer})", "was a card copied?",
        ),
    ],
    ids=["revoked", "fenced", "fenced and revoked", "its CURVE key", "its statement key"],
)  # fmt: skip
def test_what_contradicts_the_list_is_refused(known, new, said, advice):
    with pytest.raises(Fatal) as caught:
        add_gateway([OTHER if new.name == "truck-7" else listed("x"), known], new)
    assert said in str(caught.value)
    assert caught.value.advice.startswith(advice)


def test_a_gateway_goes_by_name_or_id():
    second = replace(ONE, key=listed().key)
    gateways = [ONE, OTHER, second]
    assert named(gateways, "truck-7") is second, "the newest of its entries"
    assert named(gateways, OTHER.issuer) is OTHER
    with pytest.raises(Fatal, match="no gateway truck-9 is admitted here: did you mean") as caught:
        named(gateways, "truck-9")
    assert "tallyman-ledger admitted DIR" in caught.value.advice
    with pytest.raises(Fatal, match="several gateways are called truck-7") as caught:
        named([ONE, listed("truck-7")], "truck-7")
    assert caught.value.advice.startswith("name it by its id; ")


def test_the_entries_of_one_gateway_are_one():
    heir = listed("truck-7", issuer=ONE.issuer)
    old = replace(ONE, fenced=NOW, replaced="replaced by tech-1: PSU")
    second = replace(heir, key=listed().key)
    assert each_gateway([]) == []
    assert each_gateway([ONE, OTHER, NEXT_KEY]) == [(ONE, NEXT_KEY), (OTHER,)]
    assert each_gateway([old, heir, second]) == [(old,), (heir, second)]
    moved = replace(heir, curve=OTHER.curve)
    assert each_gateway([heir, moved]) == [(heir, moved)], "with another CURVE key, too"
    older = replace(old, curve=OTHER.curve)
    assert each_gateway([old, older]) == [(old,), (older,)], "replaced, and replaced again"


def test_who_is_shut_out_keeps_when_and_why():
    second = replace(ONE, key=listed().key)
    gateways = (ONE, OTHER, second)
    fenced = fence_gateway(gateways, ONE.issuer, NOW + 5, why="PSU")
    out = {"fenced": NOW + 5, "replaced": "PSU"}
    assert fenced == (replace(ONE, **out), OTHER, replace(second, **out))
    assert [each.out for each in fenced] == [True, False, True]
    again = fence_gateway(fenced, ONE.issuer, NOW + 9, why="another reason")
    assert again == fenced
    one_key = fence_gateway(gateways, ONE.issuer, NOW, second.key.kid.hex())
    assert one_key == (ONE, OTHER, replace(second, fenced=NOW))
    ended = (replace(ONE, revoked=NOW),)
    assert fence_gateway(ended, ONE.issuer, NOW + 5) == ended
    with pytest.raises(Fatal, match=f"^no gateway {ONE.issuer} is admitted here$"):
        fence_gateway([OTHER], ONE.issuer, NOW)
    with pytest.raises(Fatal, match=f"^no gateway {ONE.issuer} with key 00 is admitted here$"):
        fence_gateway(gateways, ONE.issuer, NOW, "00")


def test_only_a_key_that_is_shut_out_ends():
    fenced = replace(ONE, fenced=NOW)
    ends = {ONE.key.kid.hex(): NOW + 300, OTHER.key.kid.hex(): NOW + 300}
    assert end_keys([fenced, OTHER], ends) == (replace(ONE, revoked=NOW + 300), OTHER)
    assert end_keys([fenced], {}) == (fenced,)
    assert end_keys([replace(ONE, revoked=NOW)], ends) == (replace(ONE, revoked=NOW),)


def test_the_list_reads_back(tmp_path):
    path = tmp_path / "admitted.toml"
    assert read_gateways(path) == ()
    many = (
        ONE,
        replace(OTHER, tokens=("a" * 64, "b" * 64), replaced="PSU", fenced=NOW + 1),
        listed("truck-9", revoked=NOW + 2),
    )
    path.write_text(to_toml(many))
    assert read_gateways(path) == many
    assert list(ONE.to_values()) == ["name", "issuer", "curve", "statement_key", "since"]
    made = Made("truck-7")
    path.write_text(made.public_toml())
    read = read_public_gateway(path, NOW - 300)
    assert (read.name, read.issuer, read.key, read.since, read.out) == (
        "truck-7", made.issuer, made.signer.public, NOW - 300, False,
    )  # fmt: skip


def pin(name="alpha", origin="a/log", curve=None):
    world = World(origin=origin)
    return PinnedLog(name, (curve or curve_key().public.decode()), world.log_key)


def test_a_log_is_pinned_under_one_key_and_may_move(tmp_path):
    first, second = pin(), pin("beta", "b/log")
    moved = replace(first, name="gamma", curve=curve_key().public.decode())
    assert add_pin([], first) == (first,)
    assert add_pin([first], second) == (first, second)
    assert add_pin([first, second], moved) == (second, moved)
    other_key = replace(first, log=replace(second.log, name="a/log", public=bytes(32)))
    with pytest.raises(Fatal, match="the log 'a/log' is pinned here with another key"):
        add_pin([first], other_key)
    path = tmp_path / "pinned.toml"
    assert read_pins(path) == ()
    path.write_text(pins_to_toml([first, second]))
    assert read_pins(path) == (first, second)


def test_who_may_talk_here_is_known_by_the_curve_key():
    rotated = replace(ONE, key=listed().key)
    gone = listed("truck-9", revoked=NOW)
    log = pin(curve=OTHER.curve)
    peers = peers_of([ONE, rotated, OTHER, gone], [log])
    assert set(peers) == {ONE.curve, OTHER.curve}
    assert peers[ONE.curve].issuer == ONE.issuer
    keys = {each.key.kid: each.key for each in (ONE, rotated)}
    assert dict(peers[ONE.curve].keys) == keys
    assert dict(peers[OTHER.curve].logs) == {"a/log": log.log}
    assert dict(peers[ONE.curve].logs) == {}


class Files:
    def __init__(self, folder):
        self.admitted, self.pinned = folder / "admitted.toml", folder / "pinned.toml"


def write(path, text):
    new = path.with_name("new")
    new.write_text(text)
    new.replace(path)


def test_a_change_of_the_lists_counts_from_the_next_question_on(tmp_path):
    files = Files(tmp_path)
    own = curve_key().public.decode()
    admission = Admission(files, own)
    assert admission.peer(own) == Peer("this node's operator")
    assert admission.peer(ONE.curve) is None
    write(files.admitted, to_toml([ONE]))
    assert admission.peer(ONE.curve).name == "truck-7"
    assert admission.logs() == {}
    log = pin()
    write(files.pinned, pins_to_toml([log]))
    assert admission.logs() == {"a/log": log.log}
    assert admission.peer(log.curve).name == "alpha"
    replaced = replace(ONE, fenced=NOW, replaced="replaced by tech-1: PSU")
    write(files.admitted, to_toml([replaced]))
    assert admission.peer(ONE.curve) is None
    assert admission.replaced(ONE.curve) == "replaced by tech-1: PSU"
    assert list(admission.fenced()) == [replaced]
    assert admission.replaced(OTHER.curve) == ""
    knows = [admission.callback(ZAP_DOMAIN, key.encode()) for key in (own, ONE.curve, OTHER.curve)]
    assert knows == [True, True, False], "one that was replaced hears why"
    assert not admission.callback("another domain", own.encode())


class Exhibits:
    """Keeps what it is given, up to a limit."""

    def __init__(self, *, full=False):
        self.kept, self.full = [], full

    async def __call__(self, work):
        return work(self)

    def keep_evidence(self, exhibit, limit):
        assert limit == 256
        self.kept.append(exhibit)
        return not self.full


def shown(*notes, **more):
    fields = {Label.NOTES: notes, **{Label[name]: value for name, value in more.items()}}
    return Envelope(Type.EVIDENCE, bytes(range(8)), labels(fields))


async def test_evidence_is_kept_as_it_was_shown_and_then_acknowledged():
    note, peer, store = World().note(), Peer("truck-7", "urn:uuid:x"), Exhibits()
    answer = await keep_shown(store, peer, shown(note), NOW)
    assert (answer.type, answer.request, answer.header) == (Type.EVIDENCE, bytes(range(8)), {})
    root, path = bytes(32), (bytes(32), bytes(32))
    await keep_shown(store, Peer("bravo"), shown(note, note, ROOT=root, PATH=path), NOW + 1)
    assert store.kept == [
        Exhibit("shown", "urn:uuid:x", (note,), NOW),
        Exhibit("shown", "bravo", (note, note, cbor.encode((root, path))), NOW + 1),
    ]


async def test_what_is_no_evidence_or_too_much_of_it_is_refused():
    note, peer = World().note(), Peer("truck-7", "urn:uuid:x")
    store = Exhibits()
    for wrong in ((), (b"rubbish",), (note, b"rubbish"), (note,) * 9):
        with pytest.raises(MalformedError):
            await keep_shown(store, peer, shown(*wrong), NOW)
    assert store.kept == []
    with pytest.raises(Refused, match="256 exhibits of truck-7 are kept already") as caught:
        await keep_shown(Exhibits(full=True), peer, shown(note), NOW)
    assert caught.value.code == Code.TOO_LARGE


async def test_a_message_goes_to_who_answers_its_type():
    async def answers(peer, message):
        return peer.name, message.type

    peer = Peer("truck-7")
    found = await dispatch({Type.HELLO: answers}, "witness", peer, Envelope(Type.HELLO, bytes(8)))
    assert found == ("truck-7", Type.HELLO)
    with pytest.raises(Refused, match="a witness does not answer STATUS") as caught:
        await dispatch({Type.HELLO: answers}, "witness", peer, Envelope(Type.STATUS, bytes(8)))
    assert caught.value.code == Code.WRONG_ROLE
