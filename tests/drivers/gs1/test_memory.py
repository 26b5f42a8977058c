import pytest

from drivers.gs1.epc_encode import encode_tag_uri, memory
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.memory import read_memory
from drivers.gs1.pc_word import PcWord

EPC = "3074257BF7194E4000001A85"


def test_pc_word_and_epc():
    found = read_memory(bytes.fromhex("3401" + EPC))
    assert found.content.uri == "urn:epc:id:sgtin:0614141.812345.6789"
    assert (found.pc.attributes, found.pc.has_user_memory, found.xpc) == (1, True, ())
    assert found.problem == ""


def test_what_is_written_is_read():
    epc = encode_tag_uri("urn:epc:tag:sscc-96:0.952012.03456789123")
    found = read_memory(memory(epc, attributes=8))
    assert found.epc == epc
    assert found.pc == PcWord(0x3008)


@pytest.mark.parametrize(("words", "xpc"), [("0001", (1,)), ("80010002", (0x8001, 2))])
def test_extended_pc_words_stand_before_the_epc(words, xpc):
    found = read_memory(bytes.fromhex("3200" + words + EPC))
    assert found.xpc == xpc
    assert found.content.uri == "urn:epc:id:sgtin:0614141.812345.6789"


@pytest.mark.parametrize(("memory", "xpc"), [("0A000001", (1,)), ("120080010002", (0x8001, 2))])
def test_extended_pc_words_may_stand_alone(memory, xpc):
    found = read_memory(bytes.fromhex(memory))
    assert (found.xpc, found.epc, found.content) == (xpc, b"", None)


def test_a_tag_of_another_family_is_not_decoded():
    """Weird for a reader that ignores the toggle: these bits would read as an SGTIN."""
    found = read_memory(bytes.fromhex("31A2" + EPC))
    assert found.content is None
    assert found.pc.afi == 0xA2
    assert found.raw == f"urn:epc:raw:96.xA2.x{EPC}"
    assert found.problem == "not a GS1 tag: AFI 0xA2"


def test_what_is_no_epc_keeps_its_raw_uri_and_the_reason():
    found = read_memory(bytes.fromhex("3000E20010710000529B0940B402"))
    assert found.content is None
    assert found.raw == "urn:epc:raw:96.xE20010710000529B0940B402"
    assert "header 0xE2" in found.problem


@pytest.mark.parametrize("text", ["", "30", "3000" + EPC[:-4], "3000" + EPC + "0000", "320080"])
def test_a_length_that_the_pc_word_does_not_announce(text):
    with pytest.raises(Gs1Error) as caught:
        read_memory(bytes.fromhex(text))
    assert caught.value.fault is Fault.LENGTH


@pytest.mark.parametrize(
    ("epc", "attributes", "fault"),
    [(b"\x30", 0, Fault.LENGTH), (bytes(64), 0, Fault.LENGTH), (b"", 256, Fault.RANGE)],
)
def test_a_pc_word_that_cannot_be(epc, attributes, fault):
    with pytest.raises(Gs1Error) as caught:
        PcWord.of(epc, attributes=attributes)
    assert caught.value.fault is fault
