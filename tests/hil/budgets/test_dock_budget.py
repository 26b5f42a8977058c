"""What the bench of the dock stands on: its notice names just the tags that its reader brings."""

from agent.dock.forms import read_notice
from agent.dock.goods_identity import Identity, of_uri
from drivers.gs1.epc import decode
from hil.budgets.dock import ENOUGH, TAGS, WatchedField, notice_of, pallet


def test_the_notice_names_each_tag_of_the_pallet_and_nothing_else():
    tags = pallet()
    named = read_notice(notice_of(tags)).identities
    assert len(named) == TAGS
    assert named == {of_uri(decode(one.epc).uri, one.epc.hex()) for one in tags}
    assert all(isinstance(each, Identity) and each.serial for each in named)


def test_a_tag_counts_with_its_second_read():
    field = WatchedField(pallet())
    field.bring("pallet", [1])
    for _ in range(ENOUGH - 1):
        list(field.rounds(TAGS, 0.0, frozenset({1})))
    assert field.counted == {}
    list(field.rounds(TAGS - 1, 0.0, frozenset({1})))
    assert len(field.counted) == TAGS - 1
    list(field.rounds(1, 0.0, frozenset({1})))
    assert len(field.counted) == TAGS
