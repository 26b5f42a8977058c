"""The emulated EmberZNet stick by its frames (UG100), its memory, and whom its trust centre admits."""

import struct

import pytest

from hil.emulators.catalog import make
from hil.emulators.zigbee import ezsp
from hil.emulators.zigbee.ezsp_memory import CUSTOM_IEEE

ROUTER = {"ieee": "00158d0000000001", "router": True, "stubborn": True, "measures": ["switch"]}
NODE = {"ieee": "00158d0000000002"}
SECURITY = struct.pack("<H16s16sB8s", 0x1344, b"ZigBeeAlliance09", b"n" * 16, 0, bytes(8))
PARAMETERS = struct.pack("<8sHBBBHBI", b"\x0a" * 8, 0x1234, 8, 15, 0, 0, 0, 1 << 15)


class Host:
    """The host's end: frames of EZSP without the serial line below."""

    def __init__(self, folder, **settings):
        self.stick = make("zigbee.ezsp", {"nvram": folder / "nvram"} | settings)
        self.told = []
        self.stick._link.put = self.told.append
        self.number = 0

    def speak(self):
        self.stick._heed(bytes([0, 0, 0, 4]))
        return self.told.pop()

    def ask(self, command, data=b""):
        """The data of the answer, and which command it answers."""
        self.number = (self.number + 1) % 256
        self.stick._heed(struct.pack("<BBBH", self.number, 0, 1, command) + data)
        frame = next(each for each in self.told if each[1] == ezsp.NO_CALLBACK)
        self.told.remove(frame)
        assert frame[0] == self.number
        return int.from_bytes(frame[3:5], "little"), frame[5:]


@pytest.fixture
async def host(tmp_path):
    made = Host(tmp_path, nodes=[ROUTER, NODE])
    made.speak()
    return made


async def formed(host):
    assert host.ask(ezsp.SET_SECURITY, SECURITY)[1] == b"\0"
    assert host.ask(ezsp.FORM, PARAMETERS)[1] == b"\0"


async def test_the_first_answer_is_in_the_form_of_version_4(tmp_path):
    assert Host(tmp_path).speak() == bytes([0, 0x80, 0x00, 8, 2, 0x20, 0x6A])


async def test_what_it_does_not_know_is_refused(host):
    assert host.ask(0x0777) == (ezsp.REFUSED, bytes([ezsp.NOT_KNOWN]))
    assert host.ask(ezsp.NETWORK_INIT) == (ezsp.NETWORK_INIT, bytes([ezsp.NOT_JOINED]))


async def test_another_address_is_written_into_it_once_and_counts_from_the_next_start_on(host):
    made, other = host.stick.nvram.ieee, bytes(range(8))
    write = bytes([CUSTOM_IEEE, 8])
    assert host.ask(ezsp.SET_TOKEN, write + other)[1] == b"\0"
    assert host.ask(ezsp.GET_IEEE)[1] == made
    assert host.ask(ezsp.SET_TOKEN, write + made)[1] == bytes([ezsp.NOT_NOW])
    host.stick.power_on()
    host.speak()
    assert host.ask(ezsp.GET_IEEE)[1] == other


async def test_counters_are_set_without_a_network_only_and_go_on_over_a_new_one(host):
    counter = bytes([0x23, 4]) + (5000).to_bytes(4, "little")
    assert host.ask(ezsp.SET_VALUE, counter)[1] == b"\0"
    await formed(host)
    assert host.ask(ezsp.SET_VALUE, counter)[1] == bytes([ezsp.NOT_NOW])
    assert host.stick.next_counter() == 5001


async def test_its_memory_outlives_it(host, tmp_path):
    await formed(host)
    host.stick.enter(host.stick.mesh.named(NODE["ieee"]), child=False)
    host.stick.save()
    again = Host(tmp_path).stick
    assert vars(again.nvram) == vars(host.stick.nvram)
    assert again.network is None  # it runs none before it is told to


async def test_the_trust_centre_denies_whom_it_has_no_key_for(host):
    await formed(host)
    router, node = host.stick.mesh.nodes.values()
    router.network = host.stick.network
    host.told.clear()
    assert not host.stick.join(node, router.name)  # the router would let it in
    (denied,) = host.told
    assert denied[3:5] == struct.pack("<H", ezsp.JOINED)
    assert denied[15:17] == bytes([1, 2])  # an unsecured join, denied
    host.ask(ezsp.TRANSIENT_KEY, b"\xff" * 8 + b"ZigBeeAlliance09")
    assert host.stick.join(node, router.name)
