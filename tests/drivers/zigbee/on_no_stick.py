"""zigpy as it is, in the test's own process, on no stick: what it sends is kept, and a node answers.

Only with the fixture `on_no_stick` is this imported: zigpy is where `make zigbee` puts it.
"""

import zigpy.state
import zigpy.types as t

from drivers.zigbee.host.told_first import ToldFirst
from drivers.zigbee.host.zigpy_radio import ZigpyRadio, settings
from tests.drivers.zigbee.conftest import Told
from tests.drivers.zigbee.one_network import COORDINATOR, PORT

SETTINGS = {}
GLOBAL_ANSWER = (
    "18"  # frame control: of all clusters, from the server, and no answer to it (ZCL §2.4.1)
)


class Application(ToldFirst):
    """What a radio library does with a stick, with no stick: `calls` is what it was told.

    `fails` is raised by whatever it is told next.
    """

    SPEAKS = "Z-Stack"

    def __init__(self, config):
        super().__init__(config)
        self.calls, self.sent, self.answers, self.fails = [], [], {}, None
        self.forgets_network = False
        self.state.node_info.ieee = t.EUI64.convert(COORDINATOR)
        self.state.node_info.nwk = t.NWK(0)

    def _told(self, *call):
        self.calls.append(call)
        if self.fails is not None:
            raise self.fails

    async def connect(self):
        self._told("connect")

    async def disconnect(self):
        self._told("disconnect")

    async def start_network(self):
        self._told("start")
        own = self.add_device(self.state.node_info.ieee, t.NWK(0))
        own.add_endpoint(1)

    async def force_remove(self, dev):
        self._told("force_remove", dev)

    async def add_endpoint(self, descriptor):
        self._told("add_endpoint", descriptor.endpoint)

    async def permit_ncp(self, time_s=60):
        self._told("permit", time_s)

    async def permit_with_link_key(self, node, link_key, time_s=60):
        self._told("permit_with_link_key", node, link_key, time_s)

    async def only(self, ieee, link_key):
        self._told("only", str(ieee), link_key.serialize().hex())

    async def anyone(self):
        self._told("anyone")

    async def hush(self):
        self._told("hush")

    async def reset_network_info(self):
        self._told("reset")

    async def load_network_info(self, *, load_devices=False):
        self._told("load", load_devices)
        if self.forgets_network:
            raise zigpy.exceptions.NetworkNotFormed

    async def write_network_info(self, *, network_info, node_info):
        self.written = network_info
        self._told("write", network_info.network_key.tx_counter, str(node_info.ieee))

    async def send_packet(self, packet):
        sent = packet.data.serialize()
        self._told("send", int(packet.dst.address), int(packet.cluster_id))
        self.sent.append((int(packet.cluster_id), sent.hex(" ")))
        waiting = self.answers.get(int(packet.cluster_id))
        if not waiting:
            return
        answer = bytes.fromhex(waiting.pop(0))
        if packet.dst_ep == 0:
            cluster, data = packet.cluster_id | 0x8000, sent[:1] + answer
        else:
            cluster, data = packet.cluster_id, bytes.fromhex(GLOBAL_ANSWER) + sent[1:2] + answer
        self.hear(
            int(packet.dst.address), int(packet.dst_ep), int(packet.src_ep), int(cluster), data
        )

    def hear(self, sender, source, destination, cluster, data, lqi=180, rssi=-61):
        """Let a frame come from a network address, from an endpoint of it to one of ours."""
        self.packet_received(
            t.ZigbeePacket(
                src=t.AddrModeAddress(t.AddrMode.NWK, t.NWK(sender)),
                src_ep=source,
                dst=t.AddrModeAddress(t.AddrMode.NWK, t.NWK(0)),
                dst_ep=destination,
                tsn=data[0],
                profile_id=260 if destination else 0,
                cluster_id=cluster,
                data=t.SerializableBytes(data),
                lqi=lqi,
                rssi=rssi,
            )
        )


class OnNoStick:
    """A radio of this process: what it told its listener, and what it was told."""

    def __init__(self):
        self.app = Application(settings(PORT, 15))
        self.told = self.app.listener = Told()
        self.radio = ZigpyRadio(self.app, PORT)

    async def started(self, *nodes):
        """Start it with these nodes; what was said meanwhile is forgotten."""
        await self.radio.start(nodes)
        self.app.calls.clear()
        self.app.sent.clear()
        return self

    def device(self, ieee):
        """The node as zigpy knows it; None for nobody."""
        return self.app.devices.get(t.EUI64.convert(ieee))

    def hear(self, *frame, **link):
        self.app.hear(*frame, **link)
