"""What is printed on a box against what its tag says."""

from __future__ import annotations

import pytest

from agent.observe.box_check import box_check
from agent.observe.boxes import Scan
from drivers.gs1.compare import Verdict
from tests.agent.observe.points import a_read

EPC = "3034257BF7194E4000001A85"  # urn:epc:id:sgtin:0614141.812345.6789 of GS1's TDS
NO_GS1 = "E28011600000"
PRINTED = "https://id.gs1.org/01/80614141123458/21/6789"


def held(link: str, *epcs: str):
    reads = [a_read(epc, 1.0) for epc in epcs]
    found = box_check(Scan("belt", "scanner", link, 1.0), reads)
    assert found.scan.link == link
    assert found.read == (reads[0] if len(reads) == 1 else None)
    return found


@pytest.mark.parametrize(
    ("link", "verdict", "differs"),
    [
        (PRINTED, Verdict.MATCH, False),
        (PRINTED.replace("6789", "6790"), Verdict.MISMATCH_INSTANCE, True),
        ("https://id.gs1.org/01/04012345111118/21/6789", Verdict.MISMATCH_CLASS, True),
        ("https://example.com/about-us", Verdict.NOT_COMPARABLE, False),
    ],
)
def test_one_scan_and_one_tag_are_of_one_box(link, verdict, differs):
    found = held(link, EPC)
    assert (found.comparison.verdict, found.differs) == (verdict, differs)


@pytest.mark.parametrize("epc", [NO_GS1, "no hexadecimal"])
def test_a_tag_that_names_nothing_cannot_be_compared(epc):
    assert held(PRINTED, epc).comparison.verdict is Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("epcs", "text"), [((), "no tag around the scan"), ((EPC, NO_GS1), "2 tags around the scan")]
)
def test_with_no_tag_or_several_nobody_knows(epcs, text):
    found = held(PRINTED, *epcs)
    assert (found.comparison.verdict, found.comparison.detail) == (Verdict.NOT_COMPARABLE, text)
    assert not found.differs
