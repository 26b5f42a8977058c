"""EPCs that no tag can have, and PC words that say otherwise, are doubted and keep their length."""

import pytest

from drivers.reading import Quality
from drivers.rfid.llrp import sightings
from drivers.rfid.llrp.reports import is_epc_length

EPC = "3074257BF7194E4000001A85"
ACCEPTED = [(16, 0x0800), (96, 0x3000), (96, None), (128, 0x4000), (240, 0x7800), (496, 0xF800)]


@pytest.mark.parametrize(("bits", "pc"), [*ACCEPTED, (96, 0x3400), (96, 0x3AA1)])
def test_whole_words_that_the_pc_word_counts(bits, pc):
    assert is_epc_length(bits, pc)


@pytest.mark.parametrize(("bits", "pc"), [(96, 0x3A00), (96, 0x4200), (480, 0xFA00)])
def test_extended_pc_words_count_in_the_pc_word(bits, pc):
    """XI is set: the PC word's length is that of the EPC and of one or two words more."""
    assert is_epc_length(bits, pc)


@pytest.mark.parametrize(
    ("bits", "pc"),
    [
        (0, None), (0, 0x0000), (1, None), (8, None), (100, None), (100, 0x3000), (100, 0x3800),
        (512, None), (512, 0x0000), (4096, 0xF800), (96, 0x0000), (96, 0x2800), (96, 0x3800),
        (96, 0x4A00), (128, 0x3000),
    ],
)  # fmt: skip
def test_what_no_tag_can_have_or_its_pc_word_denies(bits, pc):
    assert not is_epc_length(bits, pc)


@pytest.mark.parametrize(
    ("epc", "bits", "pc"),
    [
        ("", 0, 0x0000),
        ("80", 1, 0x0800),
        (EPC + "80", 100, 0x3000),
        ("A5" * 64, 512, 0xF800),
        ("A5" * 512, 4096, 0xF800),
        (EPC, 96, 0x2800),  # the PC word counts five words
    ],
)
async def test_a_doubtful_epc_is_suspect_and_keeps_its_bits(bench, epc, bits, pc):
    tags = [{"epc": epc, "bits": bits, "pc": pc}]
    async with bench(tags=tags) as b:
        await b.until(b.tags)
        first = b.tags()[0]
        assert first.quality is Quality.SUSPECT
        assert (first.fields["epc"], first.fields["epc_bits"]) == (epc, bits)
        assert first.fields["uri"] is None
        assert b.health.counters["doubtful EPCs"] >= 1


@pytest.mark.parametrize(("bits", "pc"), [each for each in ACCEPTED if each[1]])
async def test_an_epc_that_a_tag_can_have_is_good(bench, bits, pc):
    async with bench(tags=[{"epc": "A5" * (bits // 8), "pc": pc}]) as b:
        await b.until(b.tags)
        first = b.tags()[0]
        assert (first.quality, first.fields["epc"]) == (Quality.OK, "A5" * (bits // 8))
        assert "epc_bits" not in first.fields


async def test_doubt_of_one_read_is_not_lost_among_good_ones(bench):
    tags = [{"epc": EPC, "pc": 0x3000}, {"epc": EPC, "pc": 0x4800}]
    async with bench({"report_interval": 1.0}, tags=tags) as b:
        await b.until(b.tags)
        first = b.tags()[0]
        assert (first.quality, first.fields["pc"]) == (Quality.SUSPECT, 0x4800)
        assert first.fields["epc_bits"] == 96


async def test_long_epcs_do_not_pile_up(bench, monkeypatch):
    """Of EPCs of 8 KiB, fewer are gathered than there may be tags."""
    monkeypatch.setattr(sightings, "MOST_BYTES", 20_000)
    tags = [{"epc": f"{number:02X}" * 8191, "pc": 0xF800} for number in range(16)]
    async with bench({"report_interval": 3600}, tags=tags) as b:
        await b.until(lambda: len(b.tags()) >= 12)
