"""What is asked of a reader: configuration, ROSpec and AccessSpec as trees. Pure.

Section numbers are those of LLRP 1.0.1.
"""

from __future__ import annotations

from drivers.rfid.llrp.antenna_map import MOST_ANTENNAS
from drivers.rfid.llrp.capabilities import NO_HOP_TABLE, Capabilities
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.layouts import Bits
from drivers.rfid.llrp.settings import BEAM, IMMEDIATE, OWN_MODE, PERIODIC, SEARCH_MODES, Settings
from drivers.rfid.llrp.tables import IMPINJ

EVERYTHING = 0  # RequestedData of GET_READER_CAPABILITIES
# RequestedData of GET_READER_CONFIG, §13.1: antennas, events, keepalive, inputs, held reports. All
# of it at once would bring kilobytes of antenna settings that a ROSpec overrides anyway.
CONFIG_PARTS = (2, 5, 8, 9, 11)
ALL = 0  # as an id: all specs; as an antenna: each of the reader's
ROSPEC = 14150  # ours; most programs use 1
ACCESSSPEC = 14151
READ_OP = 1
GEN2 = 1  # AirProtocols: EPCGlobalClass1Gen2
DISABLED = 0
MILLISECONDS = 1000  # in a second

ENABLE_EXTENSIONS = 21  # Impinj's custom message; its answer is 22
RESERVED = bytes(4)

# Triggers: §11.2.1.1 (start), §11.2.1.2 (stop), §14.1 (reports), §13.1.1 (keepalive).
START_IMMEDIATE, START_PERIODIC, START_GPI = 1, 2, 3
STOP_NEVER, STOP_DURATION = 0, 1
REPORT_EACH_TAG, ONE_TAG = 1, 1
REPORT_AT_END = 1
KEEPALIVE_PERIODIC = 1

# Events of §13.1.3 and whether this driver wants to hear of them.
EVENTS = {0: 0, 1: 1, 2: 0, 3: 1, 4: 1, 5: 0, 6: 0, 7: 0, 8: 1}

HOPPING_CHANNEL, FIRST_CHANNEL = 0, 1

MOST_INPUTS = 32  # that are switched on; an R420 has 4

TID_BANK, EPC_BANK = 2, 1
TID_WORDS = 6  # 96 bits: class, mask designer, model, and a serial number where there is one

CHANNEL_LIST = 2
DUTY_CYCLE_ON = 1
EMPTY_FIELD, PING = 2000, 200  # ms without a tag until it rests; between looks while it does
ON = 1


def enable_extensions() -> Element:
    """Ask an Impinj reader to accept and to send its extensions in this connection."""
    return element("CUSTOM_MESSAGE", vendor=IMPINJ, subtype=ENABLE_EXTENSIONS, data=RESERVED)


def get_capabilities() -> Element:
    """Ask what the reader can do."""
    return element("GET_READER_CAPABILITIES", requested=EVERYTHING)


def get_config() -> tuple[Element, ...]:
    """Return the requests for what `set_config` sets, and for the state of the antennas."""
    return tuple(
        element("GET_READER_CONFIG", antenna=ALL, requested=part, gpi=ALL, gpo=ALL)
        for part in CONFIG_PARTS
    )


def clean_up() -> tuple[Element, ...]:
    """Return the requests that take away what any client left behind."""
    return element("DELETE_ACCESSSPEC", id=ALL), element("DELETE_ROSPEC", id=ALL)


def set_config(chosen: Settings, can: Capabilities) -> Element:
    """Ask for events, keepalives, held reports, and the inputs where they are wanted."""
    events = (element("EventNotificationState", type=t, enabled=on) for t, on in EVENTS.items())
    keepalive = element(
        "KeepaliveSpec",
        type=KEEPALIVE_PERIODIC,
        milliseconds=round(chosen.keepalive * MILLISECONDS),
    )
    parts = [element("ReaderEventNotificationSpec", *events), keepalive]
    if chosen.inputs or chosen.trigger == BEAM:
        unknown = 2  # GPIPortCurrentState: the state is the reader's to tell
        parts += (
            element("GPIPortCurrentState", port=port, enabled=ON, state=unknown)
            for port in range(1, min(can.inputs, MOST_INPUTS) + 1)
        )
    if can.holds_reports:
        parts.append(element("EventsAndReports", hold=ON))
    return element("SET_READER_CONFIG", *parts, reset=0)


def rospec(chosen: Settings, can: Capabilities) -> Element:
    """Return the inventory as asked for."""
    used = tuple(chosen.antennas) or (ALL,)
    inventory = element(
        "InventoryParameterSpec",
        *(_antenna(antenna, chosen, can) for antenna in _configured(chosen, can)),
        id=1,
        protocol=GEN2,
    )
    never = element("AISpecStopTrigger", type=STOP_NEVER, duration=0)
    return element(
        "ROSpec",
        element("ROBoundarySpec", *_boundary(chosen)),
        element("AISpec", never, inventory, antennas=used),
        _report(chosen, can),
        id=ROSPEC,
        priority=0,
        state=DISABLED,
    )


def accessspec() -> Element:
    """Return the reading of each tag's TID while it is in the inventory."""
    any_tag = element(
        "C1G2TargetTag", bank=EPC_BANK, match=1, pointer=0, mask=Bits(0, b""), data=Bits(0, b"")
    )
    read = element("C1G2Read", id=READ_OP, password=0, bank=TID_BANK, pointer=0, words=TID_WORDS)
    return element(
        "AccessSpec",
        element("AccessSpecStopTrigger", type=0, count=0),
        element("AccessCommand", element("C1G2TagSpec", any_tag), read),
        element("AccessReportSpec", trigger=REPORT_AT_END),
        id=ACCESSSPEC,
        antenna=ALL,
        protocol=GEN2,
        state=DISABLED,
        rospec=ROSPEC,
    )


def mode_of(antenna: int, chosen: Settings) -> int:
    """Return the RF mode asked for an antenna; OWN_MODE when the reader may choose."""
    return int(chosen.antenna_mode.get(antenna, chosen.mode))


def power_of(antenna: int, chosen: Settings) -> float:
    """Return the power asked for an antenna, in dBm."""
    return chosen.antenna_power.get(antenna, chosen.power_dbm)


def _configured(chosen: Settings, can: Capabilities) -> tuple[int, ...]:
    """Return the antennas that need a configuration of their own; ALL when they are alike."""
    alike = not (chosen.antenna_power or chosen.antenna_mode or can.antennas_differ)
    if alike:
        return tuple(chosen.antennas) or (ALL,)
    return tuple(chosen.antennas) or tuple(range(1, min(can.antennas, MOST_ANTENNAS) + 1))


def _boundary(chosen: Settings) -> tuple[Element, Element]:
    length = round(chosen.duration * MILLISECONDS)
    stop = element("ROSpecStopTrigger", type=STOP_DURATION, duration=length)
    if chosen.trigger == PERIODIC:
        period = round(chosen.period * MILLISECONDS)
        when = element("PeriodicTriggerValue", offset=0, period=period)
        return element("ROSpecStartTrigger", when, type=START_PERIODIC), stop
    if chosen.trigger == BEAM:
        beam = element(
            "GPITriggerValue", port=chosen.gpi_port, event=int(chosen.gpi_level), timeout=0
        )
        return element("ROSpecStartTrigger", beam, type=START_GPI), stop
    assert chosen.trigger == IMMEDIATE
    never = element("ROSpecStopTrigger", type=STOP_NEVER, duration=0)
    return element("ROSpecStartTrigger", type=START_IMMEDIATE), never


def _antenna(antenna: int, chosen: Settings, can: Capabilities) -> Element:
    transmitter = element(
        "RFTransmitter",
        hop_table=can.hop_table if can.hopping else NO_HOP_TABLE,
        channel=HOPPING_CHANNEL if can.hopping else FIRST_CHANNEL,
        power=can.power_index(power_of(antenna, chosen)),
    )
    mode = mode_of(antenna, chosen)
    control = () if mode == OWN_MODE else (element("C1G2RFControl", mode=mode, tari=0),)
    singulation = element(
        "C1G2SingulationControl",
        session=chosen.session,
        population=chosen.population,
        transit=0,
    )
    extensions = _impinj_inventory(chosen) if can.is_impinj else ()
    return element(
        "AntennaConfiguration",
        *_receiver(antenna, can),
        transmitter,
        element("C1G2InventoryCommand", *control, singulation, *extensions, state_aware=0),
        antenna=antenna,
    )


def _receiver(antenna: int, can: Capabilities) -> tuple[Element, ...]:
    """Return the best sensitivity; nothing, so the reader's own, where its table names none."""
    sensitivity = can.sensitivity(antenna)
    return () if sensitivity is None else (element("RFReceiver", sensitivity=sensitivity),)


def _impinj_inventory(chosen: Settings) -> tuple[Element, ...]:
    parts = [element("ImpinjInventorySearchMode", mode=SEARCH_MODES[chosen.search_mode])]
    if chosen.channels:
        parts.append(
            element("ImpinjFixedFrequencyList", mode=CHANNEL_LIST, channels=chosen.channels)
        )
    if chosen.low_duty_cycle:
        parts.append(
            element(
                "ImpinjLowDutyCycle",
                mode=DUTY_CYCLE_ON,
                empty_field=EMPTY_FIELD,
                ping_interval=PING,
            )
        )
    return tuple(parts)


def _report(chosen: Settings, can: Capabilities) -> Element:
    content = element(
        "TagReportContentSelector",
        element("C1G2EPCMemorySelector", crc=0, pc=1),
        rospec=0,
        spec=0,
        inventory=0,
        antenna=1,
        channel=0,
        rssi=1,
        first_seen=1,
        last_seen=1,
        count=1,
        accessspec=0,
    )
    extensions = (_impinj_report(chosen),) if can.is_impinj else ()
    return element("ROReportSpec", content, *extensions, trigger=REPORT_EACH_TAG, n=ONE_TAG)


def _impinj_report(chosen: Settings) -> Element:
    return element(
        "ImpinjTagReportContentSelector",
        element("ImpinjEnableSerializedTID", mode=int(chosen.tid)),
        element("ImpinjEnableRFPhaseAngle", mode=int(chosen.phase)),
        element("ImpinjEnablePeakRSSI", mode=ON),
    )
