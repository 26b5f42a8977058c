"""What comes through a port besides new positions: is that in order, and if not, why? Pure."""

from __future__ import annotations

from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DriverError, WrongDevice
from drivers.gnss import causes
from drivers.gnss.diagnosis import SAMPLE, Finding, diagnose, is_noise
from drivers.gnss.rates import LIKELY, TRIAL


class Listening:
    """One session at `port`; moments are seconds of one clock.

    `silent_after` is how long a receiver may tell no new epoch. `tunable`: whether other baud rates
    can be tried.
    """

    def __init__(self, port: str, silent_after: float, now: float, *, tunable: bool) -> None:
        self._port = port
        self._silent_after = silent_after
        self._tunable = tunable
        self._answered = False  # whether an epoch was told
        self.retuned(now)

    def retuned(self, now: float) -> None:
        """Begin anew at another rate."""
        self._told_at = self._came_at = now
        self._noise_at: float | None = None  # of the first bytes since something could be read
        self._sample = b""  # the newest bytes since an epoch was told

    def bytes_came(self, data: bytes, now: float) -> None:
        """Note bytes, whatever they are."""
        self._came_at = now
        if self._noise_at is None:
            self._noise_at = now
        self._sample = (self._sample + data)[-SAMPLE:]

    def sentence_came(self) -> None:
        """Note a whole sentence: the rate is right."""
        self._noise_at = None

    def epoch_came(self, now: float) -> None:
        """Note a new epoch: all is in order."""
        self._told_at, self._answered, self._sample = now, True, b""

    def only_noise(self, now: float) -> bool:
        """Whether it is time to try another rate."""
        if self._answered or not self._tunable or self._noise_at is None:
            return False
        if now - self._noise_at < TRIAL:
            return False
        self._noise_at = now  # looking is dear: not at every byte
        return is_noise(self._sample)

    def trouble(self, now: float) -> DriverError | None:
        """Return what keeps new epochs away, once they were away for too long."""
        if now - self._told_at < self._silent_after:
            return None
        quiet = now - self._came_at
        if not self._sample or quiet >= self._silent_after / 2:
            said = f"nothing came from {self._port} for {quiet:.0f} s"
            return CommandTimeout(said, cause=causes.QUIET)
        finding, seen, cause = diagnose(self._sample)
        text = f"the receiver at {self._port} {seen}, for {now - self._told_at:.0f} s"
        match finding:
            case Finding.NOISE if self._tunable and not self._answered:
                return None  # until all rates were tried
            case Finding.NOISE | Finding.TEXT if not self._answered:
                return WrongDevice(text, cause=cause)
            case Finding.NOISE | Finding.TEXT | Finding.DAMAGED:
                return BadFrame(text, cause=cause)
            case _:
                return DeviceFault(text, cause=cause)

    def noise_at_all_rates(self, known: int | None) -> DriverError:
        """Return the error for it; `known` is the rate at which sentences came before, if any."""
        text = f"bytes come from {self._port}, but no NMEA at any rate"
        if known is not None:
            return BadFrame(f"{text} any more", cause=causes.NOISE)
        return WrongDevice(
            f"{text} from {min(LIKELY)} to {max(LIKELY)} baud",
            cause=causes.NOT_A_RECEIVER.of(port=self._port),
        )
