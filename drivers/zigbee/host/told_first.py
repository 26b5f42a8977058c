"""zigpy's application, of whatever radio library, which tells its listener first."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import zigpy.types as t
from zigpy.application import ControllerApplication

from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.radio_port import Listener
from drivers.zigbee.host.zigpy_errors import TROUBLE
from drivers.zigbee.service import ieee as plain

LEAVE_WITHIN = 8.0  # s for a node that sleeps to hear that it must leave


class ToldFirst(ControllerApplication):  # type: ignore[misc]  # zigpy is not installed for mypy
    """What every radio's application has in common; it stands before the library's own class.

    `TROUBLE` is what the library raises, `SPEAKS` what its sticks do.
    """

    TROUBLE: tuple[type[Exception], ...] = TROUBLE
    SPEAKS = ""

    listener: Listener

    def packet_received(self, packet: Any) -> None:
        """Tell of a frame of an application before zigpy has it."""
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

    def handle_join(self, nwk: Any, ieee: Any, parent_nwk: Any, **others: Any) -> None:
        """Let a node in, or send it away."""
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
            with contextlib.suppress(TimeoutError, *self.TROUBLE):
                async with asyncio.timeout(LEAVE_WITHIN):
                    await stranger.zdo.leave(remove_children=True, rejoin=False)
        finally:
            if self.devices.get(ieee) is stranger:
                del self.devices[ieee]

    def handle_leave(self, nwk: Any, ieee: Any) -> None:
        """Tell that a node left."""
        super().handle_leave(nwk, ieee)
        self.listener.left(plain(str(ieee)))

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell that the stick is gone, or says nothing any more."""
        super().connection_lost(exc)
        self.listener.lost(exc)

    async def permit_gp(self, time_s: int) -> None:
        """Green Power stays shut: its commissioning would open every router, whatever was asked."""

    def device_initialized(self, device: Any) -> None:
        """Tell that a node told all of itself."""
        super().device_initialized(device)
        if device.nwk != 0:
            self.listener.interviewed(plain(str(device.ieee)))

    async def hush(self) -> None:
        """Let the stick be off the air until the network is started."""

    async def only(self, ieee: Any, link_key: Any) -> None:
        """Let nobody join but a node that has this key, until `anyone`."""
        raise NotImplementedError

    async def anyone(self) -> None:
        """Let nodes join that have no key of their own, when the network is open."""
        raise NotImplementedError
