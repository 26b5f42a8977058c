"""The inventory of an emulated LLRP reader: its ROSpec runs, tags answer, reports go out."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from hil.emulators.choices import listed
from hil.emulators.llrp import specs
from hil.emulators.llrp.answers import Config
from hil.emulators.llrp.field import Field, Heard
from hil.emulators.llrp.protocol import impinj, tlv, tv

EPC_96 = 12  # bytes of an EPC that has a parameter of its own
STARTED, ENDED = 0, 1  # ROSpecEvent
MOST_COUNTED = 0xFFFF
LONG_RSSI, CUT, NO_EPC = QUIRKS = ("long-rssi", "cut", "no-epc")
CUT_SHORT = tv(6, "b", -60)[:-1]  # a PeakRSSI without its value


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A tag on one antenna since the last report: its best answer, when, and how often."""

    heard: Heard
    first: int
    last: int
    count: int


class Inventory:
    """Runs one ROSpec over `field`; hands report bodies to `report` and ROSpec events to `event`.

    `tries` is how often a second a tag is asked, `clock` what the reader's clock says in
    microseconds, `uptime` whether that is no UTC. `quirks` are faults of the firmware in each entry
    of a report: an Impinj RSSI that is a byte too long, an entry that is cut short, or one that
    lacks the EPC.
    """

    def __init__(
        self,
        field: Field,
        config: Config,
        *,
        tries: float,
        uptime: bool,
        clock: Callable[[], int],
        report: Callable[[bytes], None],
        event: Callable[[int, int], None],
        quirks: Collection[str] = (),
    ) -> None:
        if unknown := set(quirks) - set(QUIRKS):
            raise ValueError(f"a reader has no quirk {min(unknown)!r}, only {listed(QUIRKS)}")
        self.field = field
        self.config = config
        self.rospec: specs.RoSpec | None = None
        self.accessspec: specs.AccessSpec | None = None
        self.reads = 0
        self._tries = tries
        self._uptime = uptime
        self._clock = clock
        self._report = report
        self._event = event
        self._quirks = frozenset(quirks)
        self._began = self._last = time.monotonic()
        self._owed = 0.0
        self._gathered: dict[tuple[bytes, int], _Gathered] = {}

    def forget(self) -> None:
        """Lose what clients gave, as at a reboot."""
        self.rospec = self.accessspec = None
        self._gathered.clear()

    def enable(self, spec: specs.RoSpec) -> None:
        """Make a ROSpec ready; one with an immediate trigger begins."""
        spec.state = specs.INACTIVE
        spec.due = time.monotonic() + spec.offset
        if spec.start == specs.IMMEDIATE:
            self.start(spec)

    def start(self, spec: specs.RoSpec) -> None:
        """Begin to read."""
        if spec.state == specs.ACTIVE:
            return
        spec.state, spec.began = specs.ACTIVE, time.monotonic()
        self._owed = 0.0
        self._event(STARTED, spec.id)

    def stop(self) -> None:
        """End a running ROSpec and report what it heard."""
        spec = self.rospec
        if spec is None or spec.state != specs.ACTIVE:
            return
        spec.state = specs.INACTIVE
        if spec.trigger:
            self.flush()
        self._event(ENDED, spec.id)

    def input_changed(self, port: int, level: int) -> None:
        """Start a ROSpec that waits for this."""
        spec = self.rospec
        if spec is None or spec.state != specs.INACTIVE or spec.start != specs.BY_GPI:
            return
        if spec.gpi == (port, level):
            self.start(spec)

    def tick(self) -> None:
        """Do what the time since the last call brings."""
        now = time.monotonic()
        spec = self.rospec
        if spec is not None:
            self._begin_or_end(spec, now)
            if spec.state == specs.ACTIVE:
                self._read(spec, now)
        self._last = now

    def _begin_or_end(self, spec: specs.RoSpec, now: float) -> None:
        if spec.state == specs.ACTIVE and spec.duration and now - spec.began >= spec.duration:
            self.stop()
            if spec.start == specs.IMMEDIATE:
                self.start(spec)
        if spec.start == specs.PERIODICALLY and spec.state == specs.INACTIVE and now >= spec.due:
            spec.due = now + spec.period
            self.start(spec)

    def _read(self, spec: specs.RoSpec, now: float) -> None:
        self._owed += (now - self._last) * self._tries
        tries, self._owed = int(self._owed), self._owed % 1
        used = self.config.connected
        if 0 not in spec.antennas:
            used = used & set(spec.antennas)
        for heard in self.field.rounds(tries, now - self._began, frozenset(used)):
            self._hear(spec, heard)

    def _hear(self, spec: specs.RoSpec, heard: Heard) -> None:
        """Add to the report; it goes out after `n` tags, or at the end of the spec."""
        now = self._clock()
        self.reads += 1
        key = heard.tag.epc, heard.antenna
        known = self._gathered.get(key)
        if known is None:
            self._gathered[key] = _Gathered(heard, now, now, 1)
        else:
            best = max(known.heard, heard, key=lambda one: one.rssi)
            count = min(known.count + 1, MOST_COUNTED)
            self._gathered[key] = _Gathered(best, known.first, now, count)
        if spec.trigger and spec.n and len(self._gathered) >= spec.n:
            self.flush()

    def flush(self) -> None:
        """Report what was gathered."""
        spec, gathered = self.rospec, self._gathered
        self._gathered = {}
        if spec is not None and gathered:
            self._report(b"".join(self._entry(spec, one) for one in gathered.values()))

    def _entry(self, spec: specs.RoSpec, gathered: _Gathered) -> bytes:
        """Return TagReportData with what the client selected."""
        heard = gathered.heard
        one = heard.tag
        epc = bytes([0x80 | 13]) + one.epc
        if len(one.epc) != EPC_96 or one.bits:
            epc = tlv(241, struct.pack(">H", one.bits or len(one.epc) * 8) + one.epc)
        first_type, last_type = (3, 5) if self._uptime else (2, 4)
        selectable = (  # bit of the selector, parameter
            (15, tv(9, "I", spec.id)),
            (14, tv(14, "H", 1)),
            (13, tv(10, "H", 1)),
            (12, tv(1, "H", heard.antenna)),
            (10, tv(6, "b", round(heard.rssi))),
            (11, tv(7, "H", heard.channel)),
            (9, tv(first_type, "Q", gathered.first)),
            (8, tv(last_type, "Q", gathered.last)),
            (7, tv(8, "H", gathered.count)),
        )
        if NO_EPC in self._quirks:
            epc = b""
        body = epc + b"".join(part for bit, part in selectable if spec.content >> bit & 1)
        if spec.memory & 0x40:
            body += tv(12, "H", one.pc)
        whole = body + self._access(spec, heard) + self._vendor(spec, heard)
        return tlv(240, whole + CUT_SHORT if CUT in self._quirks else whole)

    def _access(self, spec: specs.RoSpec, heard: Heard) -> bytes:
        access = self.accessspec
        if access is None or not access.enabled or access.antenna not in (0, heard.antenna):
            return b""
        one = heard.tag
        crc = bytes(2)
        banks = {specs.TID_BANK: one.tid, specs.EPC_BANK: crc + struct.pack(">H", one.pc) + one.epc}
        results = (
            specs.read_result(operation, banks.get(bank, b""), pointer, words)
            for operation, bank, pointer, words in access.reads
        )
        head = tv(16, "I", access.id) if spec.content >> 6 & 1 else b""
        return head + b"".join(results)

    def _vendor(self, spec: specs.RoSpec, heard: Heard) -> bytes:
        body = b""
        if specs.SERIALIZED_TID in spec.vendor:
            tid = heard.tag.tid
            body += impinj(55, struct.pack(">H", len(tid) // 2) + tid)
        if specs.PHASE in spec.vendor:
            body += impinj(56, struct.pack(">H", heard.phase))
        if specs.PEAK_RSSI in spec.vendor:
            longer = bytes(LONG_RSSI in self._quirks)
            body += impinj(57, struct.pack(">h", round(heard.rssi * 100)) + longer)
        return body
