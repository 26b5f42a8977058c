"""The requests of an LLRP client and what an emulated reader answers."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from hil.emulators.choices import listed
from hil.emulators.llrp import answers, specs
from hil.emulators.llrp.inventory import Inventory
from hil.emulators.llrp.protocol import (
    CUSTOM,
    IMPINJ,
    NotLlrp,
    Request,
    child,
    message,
    parameters,
    status,
    tlv,
)

UNSUPPORTED_MESSAGE, UNKNOWN_PARAMETER, BAD_FIELD, TOO_MANY = 109, 107, 301, 105  # LLRPStatus
KEEPALIVE_SPEC, INPUT_STATE, EVENTS_AND_REPORTS, EVENT_SPEC = 220, 225, 226, 244
ERROR = 100
ENABLE_EXTENSIONS = 21
LIES = ("power", "keepalive", "rospec")
R420 = answers.Radio()


@dataclass(slots=True)
class Session:
    """What a reader knows of a connection.

    `extensions` is whether it switched Impinj's on; `released`, that it listens. `unanswered`
    counts keepalives without an answer.
    """

    extensions: bool = False
    released: bool = False
    unanswered: int = 0


class Desk:
    """Answers requests, and changes `config` and `inventory` as they ask.

    `lies` names what it accepts and does not do (see LIES); `uptime` is whether it has no UTC. It
    refuses what its `radio` has not.
    """

    def __init__(
        self,
        config: answers.Config,
        inventory: Inventory,
        *,
        antennas: int,
        uptime: bool = False,
        lies: Collection[str] = (),
        radio: answers.Radio = R420,
    ) -> None:
        if unknown := set(lies) - set(LIES):
            raise ValueError(f"a reader has no lie {min(unknown)!r}, only {listed(LIES)}")
        self.inventory = inventory
        self._config = config
        self._antennas = antennas
        self._uptime = uptime
        self._lies = frozenset(lies)
        self._radio = radio

    def answer(self, session: Session, request: Request) -> bytes:
        """Return the whole answer to a request that has one."""
        type_, body = self._reply(session, request)
        return message(type_, request.id, body)

    def _reply(self, session: Session, request: Request) -> tuple[int, bytes]:
        handler = HANDLERS.get(request.type)
        if handler is None:
            text = f"message type {request.type} is not supported"
            return ERROR, status(UNSUPPORTED_MESSAGE, text)
        try:
            return handler[0], handler[1](self, session, request.body)
        except specs.SpecError as error:
            return handler[0], status(error.code, error.text, error.parameter)
        except (struct.error, NotLlrp, IndexError) as error:
            return handler[0], status(BAD_FIELD, str(error))

    def get_capabilities(self, _session: Session, body: bytes) -> bytes:
        """GET_READER_CAPABILITIES."""
        has_utc = not self._uptime
        said = answers.capabilities(body[0], self._antennas, self._radio, has_utc=has_utc)
        return status() + said

    def get_config(self, session: Session, body: bytes) -> bytes:
        """GET_READER_CONFIG; a liar has what it always had."""
        said = self._config
        if "keepalive" in self._lies:
            said = replace(said, keepalive=0)
        extra = answers.hubs(range(1, self._hubs + 1)) if session.extensions else b""
        return status() + answers.config(body[2], said, self._antennas) + extra

    def set_config(self, _session: Session, body: bytes) -> bytes:
        """SET_READER_CONFIG."""
        if body[0] & 0x80:
            self._config.keepalive, self._config.hold = 0, False
            self._config.events.clear()
        for type_, part in parameters(body[1:]):
            if type_ == KEEPALIVE_SPEC:
                kind, milliseconds = struct.unpack(">BI", part)
                self._config.keepalive = milliseconds if kind else 0
            elif type_ == EVENTS_AND_REPORTS:
                self._config.hold = bool(part[0] & 0x80)
            elif type_ == EVENT_SPEC:
                self._set_events(part)
            elif type_ == INPUT_STATE:
                port = struct.unpack_from(">H", part)[0]
                enabled = self._config.inputs_enabled
                (enabled.add if part[2] & 0x80 else enabled.discard)(port)
        return status()

    def _set_events(self, body: bytes) -> None:
        for _, part in parameters(body):
            type_, on = struct.unpack(">HB", part)
            (self._config.events.add if on & 0x80 else self._config.events.discard)(type_)

    def add_rospec(self, session: Session, body: bytes) -> bytes:
        """ADD_ROSPEC; an R420 has room for one."""
        raw = child(body, specs.ROSPEC)
        if raw is None:
            raise specs.SpecError(specs.MISSING, "no ROSpec", specs.ROSPEC)
        if self.inventory.rospec is not None:
            raise specs.SpecError(TOO_MANY, "no room for another ROSpec", specs.ROSPEC)
        if not session.extensions and struct.pack(">I", IMPINJ) in raw:
            raise specs.SpecError(UNKNOWN_PARAMETER, "extensions are not enabled", CUSTOM)
        found = specs.rospec(raw)
        if any(antenna > self._antennas for antenna in found.antennas):
            raise specs.SpecError(BAD_FIELD, "no such antenna", specs.AISPEC)
        if not set(found.hop_tables) <= {0, self._radio.hop_table}:
            raise specs.SpecError(BAD_FIELD, "no such hop table", specs.TRANSMITTER)
        if not set(found.sensitivities) <= set(self._radio.sensitivities):
            raise specs.SpecError(BAD_FIELD, "no such receive sensitivity", specs.RECEIVER)
        if "power" in self._lies:
            found.raw = specs.with_power(raw, 1)
        self.inventory.rospec = found
        return status()

    def delete_rospec(self, _session: Session, body: bytes) -> bytes:
        """DELETE_ROSPEC; 0 names all."""
        if self._named(body) is not None:
            self.inventory.stop()
            self.inventory.rospec = None
        return status()

    def enable_rospec(self, _session: Session, body: bytes) -> bytes:
        """ENABLE_ROSPEC; one with an immediate trigger begins."""
        self.inventory.enable(self._need(body))
        return status()

    def disable_rospec(self, _session: Session, body: bytes) -> bytes:
        """DISABLE_ROSPEC."""
        spec = self._need(body)
        self.inventory.stop()
        spec.state = specs.DISABLED
        return status()

    def start_rospec(self, _session: Session, body: bytes) -> bytes:
        """START_ROSPEC."""
        spec = self._need(body)
        if spec.state == specs.DISABLED:
            raise specs.SpecError(BAD_FIELD, "the ROSpec is disabled")
        self.inventory.start(spec)
        return status()

    def stop_rospec(self, _session: Session, body: bytes) -> bytes:
        """STOP_ROSPEC."""
        self._need(body)
        self.inventory.stop()
        return status()

    def get_rospecs(self, _session: Session, _body: bytes) -> bytes:
        """GET_ROSPECS."""
        if self.inventory.rospec is None or "rospec" in self._lies:
            return status()
        return status() + self.inventory.rospec.to_bytes()

    def add_accessspec(self, _session: Session, body: bytes) -> bytes:
        """ADD_ACCESSSPEC."""
        raw = child(body, specs.ACCESSSPEC)
        if raw is None:
            raise specs.SpecError(specs.MISSING, "no AccessSpec", specs.ACCESSSPEC)
        self.inventory.accessspec = specs.accessspec(raw)
        return status()

    def switch_accessspec(self, _session: Session, body: bytes) -> bytes:
        """ENABLE_ACCESSSPEC."""
        if self.inventory.accessspec is None:
            raise specs.SpecError(BAD_FIELD, "no such AccessSpec")
        self.inventory.accessspec.enabled = True
        return status()

    def delete_accessspec(self, _session: Session, _body: bytes) -> bytes:
        """DELETE_ACCESSSPEC."""
        self.inventory.accessspec = None
        return status()

    def get_accessspecs(self, _session: Session, _body: bytes) -> bytes:
        """GET_ACCESSSPECS."""
        spec = self.inventory.accessspec
        return status() + (tlv(specs.ACCESSSPEC, spec.raw) if spec else b"")

    def close_connection(self, _session: Session, _body: bytes) -> bytes:
        """CLOSE_CONNECTION."""
        return status()

    def custom(self, session: Session, body: bytes) -> bytes:
        """Impinj's ENABLE_EXTENSIONS."""
        vendor, subtype = struct.unpack_from(">IB", body)
        if (vendor, subtype) != (IMPINJ, 21):
            raise specs.SpecError(UNSUPPORTED_MESSAGE, "unknown custom message")
        session.extensions = True
        return struct.pack(">IB", IMPINJ, 22) + status()

    def _named(self, body: bytes) -> specs.RoSpec | None:
        number = struct.unpack(">I", body)[0]
        spec = self.inventory.rospec
        return spec if spec is not None and number in (0, spec.id) else None

    def _need(self, body: bytes) -> specs.RoSpec:
        spec = self._named(body)
        if spec is None:
            raise specs.SpecError(BAD_FIELD, "no such ROSpec")
        return spec

    @property
    def _hubs(self) -> int:
        return math.ceil(self._antennas / answers.PER_HUB) if self._antennas > answers.PORTS else 0


Handler = Callable[[Desk, Session, bytes], bytes]

# Request → type of the answer, and what makes its body.
HANDLERS: dict[int, tuple[int, Handler]] = {
    1: (11, Desk.get_capabilities),
    2: (12, Desk.get_config),
    3: (13, Desk.set_config),
    14: (4, Desk.close_connection),
    20: (30, Desk.add_rospec),
    21: (31, Desk.delete_rospec),
    22: (32, Desk.start_rospec),
    23: (33, Desk.stop_rospec),
    24: (34, Desk.enable_rospec),
    25: (35, Desk.disable_rospec),
    26: (36, Desk.get_rospecs),
    40: (50, Desk.add_accessspec),
    41: (51, Desk.delete_accessspec),
    42: (52, Desk.switch_accessspec),
    44: (54, Desk.get_accessspecs),
    CUSTOM: (CUSTOM, Desk.custom),
}
