"""Sticks of Texas Instruments' Z-Stack, through zigpy-znp (GPL-3.0)."""

from __future__ import annotations

from typing import Any

import zigpy_znp.commands as c
from zigpy_znp import exceptions
from zigpy_znp.types import Status
from zigpy_znp.zigbee.application import ControllerApplication

from drivers.zigbee.host.radio_port import StartedAnew
from drivers.zigbee.host.told_first import ToldFirst
from drivers.zigbee.host.zigpy_errors import TROUBLE
from drivers.zigbee.service import ieee as plain

SETTINGS = {"znp_config": {"led_mode": None}}
WATCHDOG_PERIOD = 20
"""Seconds between two looks whether the stick answers; one that hangs is told 15 s later."""

KEY_OF_CODE = c.app_config.InstallCodeFormat.KeyDerivedFromInstallCode


class Application(ToldFirst, ControllerApplication):  # type: ignore[misc]
    """zigpy-znp's application, which tells its listener first."""

    TROUBLE = (*TROUBLE, exceptions.CommandNotRecognized, exceptions.SecurityError)
    SPEAKS = "Z-Stack"

    _watchdog_period = WATCHDOG_PERIOD

    def on_zdo_tc_device_join(self, msg: Any) -> None:
        """Tell of a node's parent, which zigpy-znp does not hand on."""
        self.listener.parent(plain(str(msg.SrcIEEE)), int(msg.ParentNwk))
        super().on_zdo_tc_device_join(msg)

    async def start_network(self) -> None:
        """Start it; from then on a reset is none of ours, and zigpy-znp would not heed it."""
        await super().start_network()
        self._znp.callback_for_response(c.SYS.ResetInd.Callback(partial=True), self._was_reset)

    def _was_reset(self, msg: Any) -> None:
        self.listener.lost(StartedAnew(msg.Reason.name))

    async def only(self, ieee: Any, link_key: Any) -> None:
        """See ToldFirst; zigpy-znp's own would wait here for the whole window."""
        await self._znp.request(
            c.AppConfig.BDBAddInstallCode.Req(
                InstallCodeFormat=KEY_OF_CODE, IEEE=ieee, InstallCode=link_key.serialize()
            ),
            RspStatus=Status.SUCCESS,
        )
        await self._codes_only(wanted=True)

    async def anyone(self) -> None:
        """See ToldFirst."""
        await self._codes_only(wanted=False)

    async def _codes_only(self, *, wanted: bool) -> None:
        await self._znp.request(
            c.AppConfig.BDBSetJoinUsesInstallCodeKey.Req(BdbJoinUsesInstallCodeKey=wanted),
            RspStatus=Status.SUCCESS,
        )
