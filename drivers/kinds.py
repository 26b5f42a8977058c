"""What readings may say: the kinds of all families of devices, by name. Data only.

They stand beside the drivers that make them, and are imported without any driver.
"""

from __future__ import annotations

from drivers.barcode.kinds import BARCODE
from drivers.battery.kinds import BATTERY
from drivers.gnss.kinds import POSITION
from drivers.kind import by_name
from drivers.modem.kinds import MOBILE_NETWORK, TEXT_MESSAGE
from drivers.rfid.kinds import INPUT, OUTPUT, TAG
from drivers.sensors.kinds import ACCELERATION, SHOCK, TEMPERATURE, VIBRATION, WAVEFORM
from drivers.zigbee.kinds import (
    EPC_LIST,
    ZIGBEE_FRAME,
    ZIGBEE_NODE,
    ZIGBEE_RADIO,
    ZIGBEE_STRANGER,
)

KINDS = by_name(
    (
        TEMPERATURE,
        POSITION,
        TAG,
        BARCODE,
        SHOCK,
        ACCELERATION,
        INPUT,
        OUTPUT,
        MOBILE_NETWORK,
        ZIGBEE_NODE,
        ZIGBEE_FRAME,
        ZIGBEE_STRANGER,
        ZIGBEE_RADIO,
        EPC_LIST,
        VIBRATION,
        WAVEFORM,
        BATTERY,
        TEXT_MESSAGE,
    )
)
"""Every kind that a driver may emit; new ones come at the end."""
