"""A coordinator through zigpy (GPL-3.0) and the radio library of its type.

Of zigpy it uses the radio's protocol, the interview and requests. Its database, its own backups,
topology scans, updates over the air and Green Power windows are off: our book is the store. Frames
are read as they came, as zigpy drops without a word what it cannot parse.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Iterable
from typing import Any

import zigpy.backups
import zigpy.exceptions
import zigpy.types as t
import zigpy.util
import zigpy.zcl.foundation as zcl
import zigpy.zdo.types as zdo
from zigpy.endpoint import Status as EndpointStatus

from drivers.errors import CommandTimeout, DeviceFault, DriverError
from drivers.zigbee import causes
from drivers.zigbee.clusters import IAS_ZONE
from drivers.zigbee.host.book import KnownNode, Network
from drivers.zigbee.host.radio_port import Listener, Neighbour
from drivers.zigbee.host.reporting import ATTRIBUTES, ZONE_TYPE, Wanted
from drivers.zigbee.host.told_first import LEAVE_WITHIN
from drivers.zigbee.host.zigpy_errors import errors_of, not_opened
from drivers.zigbee.service import EZSP, ZNP
from drivers.zigbee.service import ieee as plain

APPLICATIONS = {
    ZNP: "drivers.zigbee.host.znp_application",
    EZSP: "drivers.zigbee.host.ezsp_application",
}
"""Where a type of stick has its application: only what is used is loaded."""

START_WITHIN = 60.0  # s; a CC2531 full of nodes takes half of it
NEIGHBOURS_WITHIN = 5.0  # s; a router answers at once, a dead one never
ANSWER_WITHIN = 12.0  # s for a node that sleeps to acknowledge what it is told
MOST_TEXT = 64  # characters of a maker's or a model's name
COUNTER_AHEAD = 10_000  # frames: what is written back is ahead of what nodes heard meanwhile
BURN = "i_understand_i_can_update_eui64_only_once_and_i_still_want_to_do_it"
"""bellows's word for an address that is written once."""


def settings(port: str, channel: int) -> dict[str, Any]:
    """Return zigpy's settings for a stick, with all off that it would do by itself."""
    return {
        "device": {"path": port, "baudrate": 115200, "flow_control": None},
        "database_path": None,
        "backup_enabled": False,
        "topology_scan_enabled": False,
        "ota": {"enabled": False, "broadcast_enabled": False, "providers": []},
        "network": {"channel": channel},
    }


class ZigpyRadio:
    """One stick, open from `open` to `close`."""

    def __init__(self, app: Any, port: str) -> None:
        self._app = app
        self._port = port
        self._only_codes = False

    @classmethod
    async def open(cls, type_: str, port: str, channel: int, listener: Listener) -> ZigpyRadio:
        """Open the port and see that a stick of that type answers; DriverError where none does.

        `channel` is that of a network which is formed.
        """
        try:
            of_type = importlib.import_module(APPLICATIONS[type_])
        except ImportError as error:
            raise DeviceFault(
                f"a stick of type {type_} needs a package that is not installed: {error}",
                advice="install requirements/zigbee.txt anew: docs/operate/zigbee.md",
            ) from error
        app = of_type.Application(settings(port, channel) | of_type.SETTINGS)
        app.listener = listener
        try:
            await app.connect()
        except PermissionError as error:
            raise not_opened(port, error) from error
        except TimeoutError as error:
            raise CommandTimeout(
                f"no {app.SPEAKS} stick answers at {port}",
                cause=causes.NO_ZNP,
            ) from error
        except app.TROUBLE as error:
            raise not_opened(port, error) from error
        return cls(app, port)

    async def close(self) -> None:
        """Let go of the stick, whatever state it is in."""
        with contextlib.suppress(TimeoutError, *self._app.TROUBLE):
            await self._app.shutdown()

    def _errors_of(self, doing: str) -> contextlib.AbstractContextManager[None]:
        return errors_of(doing, self._app.TROUBLE)

    async def network(self, *, devices: bool = True) -> Network | None:
        """Return what the stick has of its network, with its tables of nodes; None for nothing."""
        with self._errors_of(f"reading the network from the stick at {self._port}"):
            try:
                await self._app.load_network_info(load_devices=devices)
            except zigpy.exceptions.NetworkNotFormed:
                return None
            found: Network = self._app.backups.from_network_state().as_dict()
            return found

    async def form(self) -> None:
        """Make a new network on the stick; what was on it is gone."""
        with self._errors_of("forming a network"):
            await self._app.form_network()

    async def hush(self) -> None:
        """See Radio."""
        with self._errors_of(f"silencing the stick at {self._port}"):
            await self._app.hush()

    async def write(self, network: Network, *, burn: bool) -> None:
        """Write a network onto the stick, its frame counter ahead of the last one that was kept."""
        with self._errors_of(f"writing the network onto the stick at {self._port}"):
            backup = zigpy.backups.NetworkBackup.from_dict(dict(network))
            if burn:
                backup.network_info.stack_specific.setdefault("ezsp", {})[BURN] = True
            try:
                await self._app.backups.restore_backup(
                    backup, counter_increment=COUNTER_AHEAD, create_new=False
                )
            except zigpy.exceptions.DestructiveWriteNetworkSettings as error:
                raise _only_once(network) from error
            except zigpy.exceptions.CannotWriteNetworkSettings as error:
                raise _never_again(network) from error

    async def start(self, nodes: Iterable[KnownNode]) -> None:
        """Start the network with its nodes as they are known; none may join."""
        for node in nodes:
            self._introduce(node)
        with self._errors_of(f"starting the network of the stick at {self._port}"):
            async with asyncio.timeout(START_WITHIN):
                await self._app.initialize(auto_form=False)

    def _introduce(self, node: KnownNode) -> None:
        device = self._app.add_device(t.EUI64.convert(node.ieee), t.NWK(node.address))
        if not node.descriptor:
            return
        device.node_desc, _ = zdo.NodeDescriptor.deserialize(bytes.fromhex(node.descriptor))
        for number, told in node.endpoints.items():
            endpoint = device.add_endpoint(int(number))
            endpoint.profile_id = told["profile"]
            endpoint.device_type = told["device"]
            endpoint.status = EndpointStatus.ZDO_INIT
            for cluster in told["inputs"]:
                endpoint.add_input_cluster(cluster)
            for cluster in told["outputs"]:
                endpoint.add_output_cluster(cluster)
        device.manufacturer, device.model = node.maker, node.model

    def describe(self, ieee: str) -> KnownNode:
        """Return what a node told of itself in its interview."""
        device = self._device(ieee)
        endpoints = {
            str(number): {
                "profile": int(endpoint.profile_id or 0),
                "device": int(endpoint.device_type or 0),
                "inputs": sorted(map(int, endpoint.in_clusters)),
                "outputs": sorted(map(int, endpoint.out_clusters)),
            }
            for number, endpoint in device.endpoints.items()
            if number
        }
        return KnownNode(
            ieee=ieee,
            address=int(device.nwk),
            descriptor=device.node_desc.serialize().hex(),
            endpoints=endpoints,
            maker=_told(device.manufacturer),
            model=_told(device.model),
        )

    def interview(self, ieee: str) -> None:
        """See Radio."""
        device = self._device(ieee)
        if not device.initializing:
            device.schedule_initialize()

    def _device(self, ieee: str) -> Any:
        device = self._app.devices.get(t.EUI64.convert(ieee))
        if device is None:
            raise DeviceFault(f"the network has no node {ieee}", advice="see: tallyman zigbee list")
        return device

    def name_of(self, address: int) -> str:
        """Return the IEEE address of who has a network address; empty for nobody known."""
        if address == 0:
            return self.own
        found = (each for each in self._app.devices.values() if each.nwk == address)
        device = next(found, None)
        return "" if device is None else plain(str(device.ieee))

    @property
    def own(self) -> str:
        """The coordinator's IEEE address."""
        return plain(str(self._app.state.node_info.ieee))

    async def permit(self, seconds: int, via: str | None) -> None:
        """Let nodes join for at most 254 s, at all routers or at one; 0 closes all."""
        with self._errors_of("opening the network" if seconds else "closing the network"):
            node = None if via is None else t.EUI64.convert(via)
            await self._app.permit(seconds, node=node)

    async def only(self, ieee: str, code: bytes) -> None:
        """See Radio."""
        with self._errors_of("handing on the install code"):
            self._only_codes = True
            await self._app.only(t.EUI64.convert(ieee), zigpy.util.convert_install_code(code))

    async def anyone(self) -> None:
        """See Radio."""
        if self._only_codes:
            with self._errors_of("letting nodes join without a code again"):
                await self._app.anyone()
            self._only_codes = False

    async def remove(self, ieee: str) -> bool:
        """Tell a node to leave, and forget it; False where it did not hear."""
        device = self._device(ieee)
        try:
            with self._errors_of(f"telling {ieee} to leave"):
                async with asyncio.timeout(LEAVE_WITHIN):
                    await device.zdo.leave(remove_children=False, rejoin=False)
        except DriverError:
            return False
        finally:
            self._app.devices.pop(device.ieee, None)
        return True

    async def neighbours(self, ieee: str) -> list[Neighbour]:
        """See Radio."""
        device = self._device(ieee)
        found: list[Neighbour] = []
        with self._errors_of(f"asking {ieee} for its neighbours"):
            while True:
                async with asyncio.timeout(NEIGHBOURS_WITHIN):
                    status, table = await device.zdo.Mgmt_Lqi_req(len(found))
                if status != zdo.Status.SUCCESS or not table.NeighborTableList:
                    return found
                found += [_neighbour(each) for each in table.NeighborTableList]
                if len(found) >= table.Entries:
                    return found

    async def zone_type(self, ieee: str) -> int | None:
        """Return what kind of zone a node watches; None where it watches none, or does not say."""
        with contextlib.suppress(TimeoutError, *self._app.TROUBLE):
            for endpoint in self._device(ieee).non_zdo_endpoints:
                cluster = endpoint.in_clusters.get(IAS_ZONE)
                if cluster is not None:
                    async with asyncio.timeout(ANSWER_WITHIN):
                        told, _ = await cluster.read_attributes([ZONE_TYPE])
                    return None if ZONE_TYPE not in told else int(told[ZONE_TYPE])
        return None

    async def configure(self, ieee: str, interval: float) -> list[str]:
        """Tell a node to report to us at least every `interval` seconds, and read that back.

        Returns what it did not take, in words.
        """
        problems = []
        for endpoint in self._device(ieee).non_zdo_endpoints:
            for number, cluster in endpoint.in_clusters.items():
                for wanted in ATTRIBUTES.get(int(number), ()):
                    problem = await self._configure(cluster, wanted, interval)
                    if problem:
                        problems.append(f"cluster {int(number):#06x}: {problem}")
                if int(number) == IAS_ZONE:
                    await self._enrol(cluster)
        return problems

    async def _configure(self, cluster: Any, wanted: Wanted, interval: float) -> str:
        least, most = wanted.bounds(interval)
        try:
            with self._errors_of("it was told to report"):
                async with asyncio.timeout(3 * ANSWER_WITHIN):
                    await cluster.bind()
                    await cluster.configure_reporting(wanted.attribute, least, most, wanted.change)
                    return await _read_back(cluster, wanted, most)
        except DriverError as error:
            return str(error)

    async def _enrol(self, cluster: Any) -> None:
        """Make a zone tell us of its changes (ZCL §8.2.2.2.3)."""
        with contextlib.suppress(TimeoutError, *self._app.TROUBLE):
            async with asyncio.timeout(ANSWER_WITHIN):
                await cluster.write_attributes({"cie_addr": self._app.state.node_info.ieee})
                await cluster.enroll_response(enroll_response_code=0, zone_id=0)


async def _read_back(cluster: Any, wanted: Wanted, most: int) -> str:
    """Return what is wrong with the reporting that a node says it does; empty where it is right."""
    record = zcl.ReadReportingConfigRecord(direction=0, attrid=wanted.attribute)
    answer = await cluster.general_command(
        zcl.GeneralCommand.Read_Reporting_Configuration, [record]
    )
    configs = getattr(answer, "attribute_configs", ())  # a default response has none (ZCL §2.5.12)
    if not configs:
        return "it does not say how it reports"
    told = configs[0]
    if told.status != zcl.Status.SUCCESS:
        return f"it does not report attribute {wanted.attribute:#06x} ({told.status.name})"
    if told.config.max_interval != most:
        return f"it reports every {told.config.max_interval} s, not every {most}"
    return ""


def _told(text: str | None) -> str:
    """Return a node's name of itself, bounded and in one line that steers nothing."""
    return "".join(each if each.isprintable() else "?" for each in (text or "")[:MOST_TEXT])


def _neighbour(told: Any) -> Neighbour:
    child = told.relationship == zdo.Relationship.Child
    return Neighbour(plain(str(told.ieee)), int(told.nwk), child, int(told.lqi))


def _only_once(network: Network) -> DriverError:
    """Return the error for a stick whose address can be written once, for good."""
    return DeviceFault(
        f"not done: this stick would take the address {network['node_info']['ieee']} for ever, as "
        "its firmware writes it once only",
        advice="give it newer firmware, or say --burn as well if that is meant",
    )


def _never_again(network: Network) -> DriverError:
    """Return the error for a stick that took another address for good before."""
    return DeviceFault(
        f"not done: the stick cannot take the address {network['node_info']['ieee']}: another one "
        "was written into it for good",
        advice="use another stick, or give this one newer firmware",
    )
