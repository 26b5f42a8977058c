"""What is known of a modem from all that it said. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.modem.answer import (
    Answer,
    Boot,
    Context,
    NetworkTime,
    Operator,
    Position,
    Registration,
    Signal,
    Sim,
)

BEST_FIRST = ("home", "roaming", "sms-only", "emergency", "denied", "searching", "unknown", "none")
DATA_FIRST = ("5gs", "eps", "ps", "cs")
REGISTERED = ("home", "roaming")


@dataclass(slots=True)
class Knowledge:
    """The newest word on everything; what the modem did not say is None."""

    registrations: dict[str, Registration] = field(default_factory=dict)
    signal: Signal | None = None
    operator: str | None = None
    plmn: str | None = None
    technology: str | None = None  # as told with the operator
    sim: str | None = None
    tries: int | None = None
    iccid: str | None = None
    address: str | None = None
    refused: str | None = None  # why there is no data call, in the modem's words
    cause: int | None = None  # the same as the network says it: SM cause
    apns: dict[int, str] = field(default_factory=dict)  # access points, by number of the context
    radio: bool | None = None  # whether it is on
    passes: bool | None = None  # packets, by a probe
    probed: int = 0  # how many addresses that probe asked in vain
    time: NetworkTime | None = None
    position: Position | None = None
    booted: bool = False

    def forget(self) -> None:
        """Forget what changes from one look to the next."""
        self.registrations.clear()
        self.signal = self.time = self.passes = None
        self.operator = self.plmn = self.technology = self.address = None
        self.refused = self.cause = None
        self.apns.clear()

    def take(self, answer: Answer | None) -> None:
        """Note what a line says."""
        match answer:
            case Registration():
                self.registrations[answer.domain] = answer
            case Signal():
                self.signal = answer
            case Operator(networks=None):
                self._take_operator(answer)
            case Sim():
                self.sim = answer.state or self.sim
                self.iccid = answer.iccid or self.iccid
                self.tries = answer.tries if answer.tries is not None else self.tries
            case NetworkTime(local=local) if local is not None:
                self.time = answer
            case Position():
                self.position = answer
            case Context():
                self._take_context(answer)
            case Boot(event=event) if event.startswith(("RDY", "*ATREADY", "APP RDY", "START")):
                self.booted = True
            case _:
                pass

    def _take_operator(self, answer: Operator) -> None:
        if answer.name is None and answer.plmn is None:
            self.operator = self.plmn = None
        self.operator = answer.name or self.operator
        self.plmn = answer.plmn or self.plmn
        self.technology = answer.technology

    def _take_context(self, answer: Context) -> None:
        if answer.cid is not None and answer.apn:
            self.apns[answer.cid] = answer.apn
        if answer.active is False:
            self.address = None
        elif answer.address is not None:
            self.address, self.refused, self.cause = answer.address, None, None
        if self.address is None:
            self.refused = answer.problem or self.refused
            self.cause = answer.cause or self.cause

    @property
    def registration(self) -> Registration | None:
        """The best of the domains; of equals the one that carries data."""
        found = [self.registrations[each] for each in DATA_FIRST if each in self.registrations]
        return min(found, key=lambda each: BEST_FIRST.index(each.state), default=None)

    @property
    def registered(self) -> bool:
        """Whether a network took the modem in."""
        best = self.registration
        return best is not None and best.state in REGISTERED
