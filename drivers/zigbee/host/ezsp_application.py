"""Sticks of Silicon Labs' EmberZNet, through bellows (GPL-3.0)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import bellows.types as t
import zigpy.application
from bellows.ash import AshException, NcpFailure
from bellows.zigbee.application import ControllerApplication

from drivers.zigbee.host.radio_port import StartedAnew
from drivers.zigbee.host.told_first import ToldFirst
from drivers.zigbee.host.zigpy_errors import TROUBLE
from drivers.zigbee.service import ieee as plain

SETTINGS = {"use_thread": False}  # one thread does for some frames a second
LAST_WORD_WITHIN = 0.5  # s
SILENT = t.NcpResetCode.ERROR_EXCEEDED_MAXIMUM_ACK_TIMEOUT_COUNT


class Application(ToldFirst, ControllerApplication):  # type: ignore[misc]
    """bellows's application, which tells its listener first."""

    TROUBLE = (*TROUBLE, AshException)
    SPEAKS = "EmberZNet"

    _lost = False
    _closing: asyncio.Task[None] | None = None  # shuts the trust centre behind a window
    _codes: Any = None  # the trust centre's decision while only nodes with a code may join

    def _handle_tc_join_handler(
        self, nwk: Any, ieee: Any, update: Any, decision: Any, parent: Any
    ) -> None:
        """Tell of the parent, and of whom the trust centre itself denied: bellows drops those."""
        if update != t.EmberDeviceUpdate.DEVICE_LEFT:
            self.listener.parent(plain(str(ieee)), int(parent))
        if decision == t.EmberJoinDecision.DENY_JOIN:
            self.listener.denied(plain(str(ieee)))
        super()._handle_tc_join_handler(nwk, ieee, update, decision, parent)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell a stick that says nothing from one that was reset or pulled."""
        self._lost = True
        if isinstance(exc, NcpFailure):
            if exc.code == SILENT:
                exc = TimeoutError("it acknowledges nothing")
            else:
                exc = StartedAnew(exc.code.name)
        super().connection_lost(exc)

    async def disconnect(self) -> None:
        """Let go of the stick, once it has answered what is on its way."""
        if self._closing is not None:
            self._closing.cancel()
        if self._ezsp is not None and not self._lost:
            with contextlib.suppress(TimeoutError, *self.TROUBLE):
                async with asyncio.timeout(LAST_WORD_WITHIN):
                    await self._ezsp.nop()
        await super().disconnect()

    async def permit(self, time_s: int = 60, node: Any = None) -> None:
        """Open or close the network; bellows would shut a new window behind the one before."""
        if self._closing is not None:
            self._closing.cancel()
        if self._codes is None:
            self._closing = self.create_task(self._ezsp.pre_permit(time_s), "trust centre")
        await zigpy.application.ControllerApplication.permit(self, time_s, node)

    async def _reset(self) -> None:
        """Reset the stick, which forgets its endpoints; bellows would not register them again."""
        await super()._reset()
        self._created_device_endpoints.clear()
        await self.register_endpoints()

    async def hush(self) -> None:
        """See ToldFirst: what the stick knows of its network is told with the network up only."""
        await self._reset()

    async def only(self, ieee: Any, link_key: Any) -> None:
        """See ToldFirst."""
        await self._ezsp.add_transient_link_key(ieee, link_key)
        self._codes = (
            t.EzspDecisionBitmask.ALLOW_JOINS | t.EzspDecisionBitmask.JOINS_USE_INSTALL_CODE_KEY
        )
        await self._decide(self._codes)

    async def anyone(self) -> None:
        """See ToldFirst."""
        self._codes = None
        await self._decide(self._ezsp.tc_policy)

    async def _decide(self, decision: int) -> None:
        (status,) = await self._ezsp.setPolicy(
            policyId=t.EzspPolicyId.TRUST_CENTER_POLICY, decisionId=decision
        )
        if t.sl_Status.from_ember_status(status) != t.sl_Status.OK:
            raise RuntimeError(f"the trust centre refused its policy: {status!r}")
