"""A coordinator through zigpy and zigpy-znp, the only module that imports either (GPL-3.0).

Of zigpy it uses the radio's protocol, the interview and requests. Its database, its own backups,
topology scans, updates over the air and Green Power windows are off: our book is the store. Frames
are read as they came, as zigpy drops without a word what it cannot parse.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

import zigpy.backups
import zigpy.exceptions
import zigpy.types as t
import zigpy.zcl.foundation as zcl
import zigpy.zdo.types as zdo
from zigpy.device import Status as DeviceStatus
from zigpy.endpoint import Status as EndpointStatus
from zigpy_znp import exceptions as znp_exceptions
from zigpy_znp.zigbee.application import ControllerApplication

from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, DriverError, LinkLost
from drivers.zigbee import causes
from drivers.zigbee.clusters import IAS_ZONE
from drivers.zigbee.host.book import KnownNode, Network
from drivers.zigbee.host.holder import holders
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.radio_port import Listener, Neighbour
from drivers.zigbee.host.reporting import ATTRIBUTES, ZONE_TYPE, Wanted
from drivers.zigbee.service import ieee as plain

START_WITHIN = 60.0  # s; a CC2531 full of nodes takes half of it
LEAVE_WITHIN = 8.0  # s for a node that sleeps to hear that it must leave
NEIGHBOURS_WITHIN = 5.0  # s; a router answers at once, a dead one never
ANSWER_WITHIN = 12.0  # s for a node that sleeps to acknowledge what it is told
MOST_TEXT = 64  # characters of a maker's or a model's name
COUNTER_AHEAD = 10_000  # frames: what is written back is ahead of what nodes heard meanwhile

_TROUBLE = (
    zigpy.exceptions.ZigbeeException,
    zigpy.exceptions.RadioException,
    znp_exceptions.CommandNotRecognized,
    znp_exceptions.SecurityError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zigpy and zigpy-znp raise for a stick or node that does not behave, asserts included."""


@contextlib.contextmanager
def _errors_of(doing: str) -> Iterator[None]:
    """Turn what zigpy raises into a DriverError that says what was being done."""
    try:
        yield
    except DriverError:
        raise
    except TimeoutError as error:
        raise CommandTimeout(f"{doing}: no answer") from error
    except _TROUBLE as error:
        raise DeviceFault(f"{doing}: {type(error).__name__}: {str(error)[:200]}") from error


class _Application(ControllerApplication):  # type: ignore[misc]  # zigpy is not installed for mypy
    """zigpy's application, which tells its listener first."""

    listener: Listener

    def packet_received(self, packet: Any) -> None:
        if packet.dst_ep:  # 0 is the device profile's; what stands as the sender's differs by radio
            self._tell(packet)
        super().packet_received(packet)

    def _tell(self, packet: Any) -> None:
        try:
            sender = self.get_device_with_address(packet.src)
        except (KeyError, ValueError):
            self.listener.unknown(int(packet.src.address))
            return
        self.listener.frame(
            Incoming(
                plain(str(sender.ieee)),
                int(packet.src_ep),
                int(packet.cluster_id),
                packet.data.serialize(),
                None if packet.lqi is None else int(packet.lqi),
                None if packet.rssi is None else int(packet.rssi),
                time.monotonic(),
            )
        )

    def on_zdo_tc_device_join(self, msg: Any) -> None:
        self.listener.parent(plain(str(msg.SrcIEEE)), int(msg.ParentNwk))
        super().on_zdo_tc_device_join(msg)

    def handle_join(self, nwk: Any, ieee: Any, parent_nwk: Any, **others: Any) -> None:
        name = plain(str(t.EUI64(ieee)))
        if name == plain(str(self.state.node_info.ieee)):
            return
        if not self.listener.may_join(name, int(nwk)):
            self.create_task(self._send_away(t.EUI64(ieee), nwk), f"send away {name}")
            return
        super().handle_join(nwk, ieee, parent_nwk, **others)
        self.listener.moved(name, int(nwk))

    async def _send_away(self, ieee: Any, nwk: Any) -> None:
        """Tell a node to leave that is not to be here; it is no device of ours."""
        stranger = self.add_device(ieee, nwk)
        try:
            with contextlib.suppress(TimeoutError, *_TROUBLE):
                async with asyncio.timeout(LEAVE_WITHIN):
                    await stranger.zdo.leave(remove_children=True, rejoin=False)
        finally:
            if self.devices.get(ieee) is stranger:
                del self.devices[ieee]

    def handle_leave(self, nwk: Any, ieee: Any) -> None:
        super().handle_leave(nwk, ieee)
        self.listener.left(plain(str(ieee)))

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.listener.lost(exc)

    async def permit_gp(self, time_s: int) -> None:
        """Green Power stays shut: its commissioning would open every router, whatever was asked."""

    def device_initialized(self, device: Any) -> None:
        super().device_initialized(device)
        if device.nwk != 0:
            self.listener.interviewed(plain(str(device.ieee)))


def _settings(port: str, channel: int) -> dict[str, Any]:
    return {
        "device": {"path": port, "baudrate": 115200, "flow_control": None},
        "database_path": None,
        "backup_enabled": False,
        "topology_scan_enabled": False,
        "ota": {"enabled": False, "broadcast_enabled": False, "providers": []},
        "network": {"channel": channel},
        "znp_config": {"led_mode": None},
    }


class ZigpyRadio:
    """One stick, open from `open` to `close`."""

    def __init__(self, app: Any, port: str) -> None:
        self._app = app
        self._port = port

    @classmethod
    async def open(cls, port: str, channel: int, listener: Listener) -> ZigpyRadio:
        """Open the port and see that a Z-Stack stick answers there; DriverError where none does."""
        app = _Application(_settings(port, channel))
        app.listener = listener
        try:
            await app.connect()
        except PermissionError as error:
            raise _not_opened(port, error) from error
        except TimeoutError as error:
            raise CommandTimeout(
                f"no Z-Stack stick answers at {port}",
                cause=causes.NO_ZNP,
            ) from error
        except _TROUBLE as error:
            raise _not_opened(port, error) from error
        return cls(app, port)

    async def close(self) -> None:
        """Let go of the stick, whatever state it is in."""
        with contextlib.suppress(TimeoutError, *_TROUBLE):
            await self._app.shutdown()

    async def network(self, *, devices: bool = True) -> Network | None:
        """Return what the stick has of its network, with its tables of nodes; None for nothing."""
        with _errors_of(f"reading the network from the stick at {self._port}"):
            try:
                await self._app.load_network_info(load_devices=devices)
            except zigpy.exceptions.NetworkNotFormed:
                return None
            found: Network = self._app.backups.from_network_state().as_dict()
            return found

    async def form(self) -> None:
        """Make a new network on the stick; what was on it is gone."""
        with _errors_of("forming a network"):
            await self._app.form_network()

    async def write(self, network: Network) -> None:
        """Write a network onto the stick, its frame counter ahead of the last one that was kept."""
        with _errors_of(f"writing the network onto the stick at {self._port}"):
            backup = zigpy.backups.NetworkBackup.from_dict(dict(network))
            await self._app.backups.restore_backup(
                backup, counter_increment=COUNTER_AHEAD, create_new=False
            )

    async def start(self, nodes: Iterable[KnownNode]) -> None:
        """Start the network with its nodes as they are known; none may join."""
        for node in nodes:
            self._introduce(node)
        with _errors_of(f"starting the network of the stick at {self._port}"):
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
        device.status = DeviceStatus.ENDPOINTS_INIT
        device.original_signature = device.get_signature()

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
        with _errors_of("opening the network" if seconds else "closing the network"):
            node = None if via is None else t.EUI64.convert(via)
            await self._app.permit(seconds, node=node)

    async def remove(self, ieee: str) -> bool:
        """Tell a node to leave, and forget it; False where it did not hear."""
        device = self._device(ieee)
        try:
            with _errors_of(f"telling {ieee} to leave"):
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
        with _errors_of(f"asking {ieee} for its neighbours"):
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
        with contextlib.suppress(TimeoutError, *_TROUBLE):
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
            with _errors_of("it was told to report"):
                async with asyncio.timeout(3 * ANSWER_WITHIN):
                    await cluster.bind()
                    await cluster.configure_reporting(wanted.attribute, least, most, wanted.change)
                    return await _read_back(cluster, wanted, most)
        except DriverError as error:
            return str(error)

    async def _enrol(self, cluster: Any) -> None:
        """Make a zone tell us of its changes (ZCL §8.2.2.2.3)."""
        with contextlib.suppress(TimeoutError, *_TROUBLE):
            async with asyncio.timeout(ANSWER_WITHIN):
                await cluster.write_attributes({"cie_addr": self._app.state.node_info.ieee})
                await cluster.enroll_response(enroll_response_code=0, zone_id=0)


async def _read_back(cluster: Any, wanted: Wanted, most: int) -> str:
    """Return what is wrong with the reporting that a node says it does; empty where it is right."""
    record = zcl.ReadReportingConfigRecord(direction=0, attrid=wanted.attribute)
    answer = await cluster.general_command(
        zcl.GeneralCommand.Read_Reporting_Configuration, [record]
    )
    (told,) = answer.attribute_configs
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


def _not_opened(port: str, error: BaseException) -> DriverError:
    """Return the error for a port that could not be opened."""
    while error.__cause__ is not None and not isinstance(
        error, FileNotFoundError | PermissionError
    ):
        error = error.__cause__
    if isinstance(error, FileNotFoundError):
        return DeviceMissing(f"there is no stick at {port}", cause=causes.NO_STICK)
    if isinstance(error, PermissionError):
        found = ", ".join(holders(port)) or "another process, or it is not ours to open"
        return DeviceMissing(f"{port} is held by {found}", cause=causes.HELD.of(port=port))
    if isinstance(error, OSError | ConnectionError):
        return LinkLost(f"{port} cannot be used: {error}", cause=causes.NO_STICK)
    return DeviceFault(f"the stick at {port}: {type(error).__name__}: {str(error)[:200]}")
