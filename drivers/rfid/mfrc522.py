"""MFRC522 and its clones on SPI: NFC cards of all UID lengths.

Reading kind `tag`, one when a card enters the field and one when it left it: `uid` (hexadecimal),
`state` (`entered`, `left`; `present` when asked for one reading), `type`, `atqa`, `sak`, `origin`
(what NXP's originality signature says, where the chip carries one) and `first_seen` (ms before the
reading's own moment).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from drivers.driver import Host
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DriverError
from drivers.links.errands import ErrandDriver
from drivers.links.spi import PATH, SpiChip
from drivers.reading import FieldValue, Quality, Reading
from drivers.rfid import causes, iso14443_4, mifare_classic, nxp_originality, type2_tag
from drivers.rfid import iso14443a_cards as air
from drivers.rfid.iso14443a import SAK_ISO14443_4
from drivers.rfid.iso14443a_cards import Card
from drivers.rfid.mfrc522_chip import Mfrc522Chip
from drivers.rfid.mfrc522_registers import GAINS, VERSIONS
from foundation.options import OptionValue, option, options_of, settings_of

TRIES = 3  # of what a card is asked: a hand moves it while it is read
ROUND_TRIES = 2  # one disturbed card must not hide the others
MILLISECONDS = 1000.0  # in a second

KINDS = ("tag",)
CAUSES = causes.BOARD

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one reader."""

    bus: str = option(str, "a chip select on SPI, such as /dev/spidev0.0", form=PATH.pattern)
    speed_hz: int = option(
        int, "SPI clock; long wires need less", 1_000_000, 10_000, 10_000_000, "Hz"
    )
    gain_db: int = option(int, "receiver gain; small cards need more", 38, choices=GAINS)
    poll_interval: float = option(float, "time between two looks for cards", 0.25, 0.05, 60.0, "s")
    leave_after: float = option(float, "a card unseen for this long has left", 1.0, 0.1, 600.0, "s")
    keys: mifare_classic.Keys = option(
        str,
        "MIFARE Classic keys of 12 hexadecimal digits, separated by commas",
        "FFFFFFFFFFFF",
        form=mifare_classic.KEYS_FORM,
        parse=mifare_classic.keys_of,
    )
    self_test: bool = option(bool, "run the chip's digital self test at start", default=False)


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Mfrc522:
    """Make the driver of one reader; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return Mfrc522(name, chosen, host, host.spi(chosen.bus, chosen.speed_hz))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a card is silent."""
    return None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a card says it is; `origin` is None where the chip carries no signature."""

    card: Card
    type: str
    origin: str | None = None


@dataclass(slots=True)
class Stay:
    """A card in the field; times are monotonic seconds."""

    identity: Identity
    entered: float
    last: float


class Mfrc522(ErrandDriver[Mfrc522Chip]):
    """One reader. Cards can be read and written beside the running `readings()`."""

    def __init__(self, name: str, settings: Settings, host: Host, bus: SpiChip) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._bus = bus
        self._stays: dict[bytes, Stay] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Mfrc522Chip]:
        """Reset and set up the chip; turn its field off at the end."""
        chip = Mfrc522Chip(self._bus, self.timing)
        version = await chip.start(self._settings.gain_db)
        if self._settings.self_test:
            if await chip.self_test() is False:
                raise DeviceFault(
                    f"the reader at {self._bus.path} fails its self test",
                    cause=causes.BOARD_BROKEN,
                )
            await chip.start(self._settings.gain_db)
        self.running(VERSIONS.get(version, f"unknown clone, version {version:#04x}"))
        try:
            yield chip
        finally:
            with suppress(DriverError):
                await chip.off()

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Look for cards until the reader fails; yield each that enters and leaves.

        When the reader is lost, so is sight of the cards: they left at the moment they were last
        seen, and enter anew when it is back.
        """
        try:
            async with self.opened() as chip:
                while True:
                    await chip.check()
                    for reading in await self._look(chip):
                        yield reading
                    await self.do_errands(chip)
                    if not self.errands_wait:
                        await self.pause(self._settings.poll_interval)
        except DriverError:
            for reading in self._gone(before=float("inf")):
                yield reading
            raise

    async def one_reading(self) -> Reading:
        """Look once; without a card the reading is `no-answer`."""
        async with self.opened() as chip:
            await self._look(chip)
            reading = self._present()
            self._stays.clear()
            return reading

    async def read_pages(self, uid: bytes, first: int, count: int) -> bytes:
        """Return pages of a Type 2 tag (four bytes each)."""
        return await self._on_card(uid, lambda chip: type2_tag.read(chip, first, count))

    async def write_page(self, uid: bytes, page: int, data: bytes) -> None:
        """Write one page of a Type 2 tag and read it back; see `type2_tag.write`."""
        await self._on_card(uid, lambda chip: type2_tag.write(chip, page, data))

    async def read_block(self, uid: bytes, block: int) -> bytes:
        """Return a block of a MIFARE Classic, opened with the configured keys."""
        keys = self._settings.keys
        return await self._on_card(uid, lambda chip: mifare_classic.read(chip, uid, block, keys))

    async def write_block(self, uid: bytes, block: int, data: bytes) -> None:
        """Write a block of a MIFARE Classic and read it back; see `mifare_classic.write`."""
        keys = self._settings.keys
        await self._on_card(uid, lambda chip: mifare_classic.write(chip, uid, block, data, keys))

    async def _on_card(self, uid: bytes, job: Callable[[Mfrc522Chip], Awaitable[R]]) -> R:
        return await self.errand(lambda chip: self._tried(chip, uid, job))

    async def _tried(
        self, chip: Mfrc522Chip, uid: bytes, job: Callable[[Mfrc522Chip], Awaitable[R]]
    ) -> R:
        """Do `job` with the card selected; again when it was disturbed."""
        for attempt in range(1, TRIES + 1):
            try:
                await air.wake(chip, uid)
                return await job(chip)
            except (BadFrame, CommandTimeout) as error:
                self.health.count("disturbed reads")
                if attempt == TRIES:
                    raise CommandTimeout(
                        f"card {uid.hex().upper()} did not stay on {self._bus.path}: {error}",
                        advice="lay the card on the antenna and keep it there",
                    ) from error
            finally:
                await air.halt(chip)
        raise AssertionError

    async def _look(self, chip: Mfrc522Chip) -> list[Reading]:
        """Find all cards; return what changed."""
        now = self.timing.monotonic()
        readings = []
        for uid, stay in self._stays.items():
            if await self._still_there(chip, uid):
                stay.last = now
        for card in await self._awake(chip):
            if card.uid in self._stays:  # its power failed for a moment
                self._stays[card.uid].last = now
                continue
            self._stays[card.uid] = Stay(await self._identify(chip, card), now, now)
            readings.append(self._reading(self._stays[card.uid], "entered", now))
        readings += self._gone(before=now - self._settings.leave_after)
        if self.asked:
            self.answer(self._present())
        return readings

    async def _still_there(self, chip: Mfrc522Chip, uid: bytes) -> bool:
        try:
            await air.wake(chip, uid)
        except (BadFrame, CommandTimeout):
            return False
        self.health.count("reads")
        await air.halt(chip)
        return True

    async def _awake(self, chip: Mfrc522Chip) -> list[Card]:
        found: dict[bytes, Card] = {}
        for _ in range(ROUND_TRIES):
            try:
                async for card in air.cards(chip):
                    self.health.count("reads")
                    found.setdefault(card.uid, card)
                break
            except (BadFrame, CommandTimeout):
                self.health.count("disturbed reads")
        return list(found.values())

    async def _identify(self, chip: Mfrc522Chip, card: Card) -> Identity:
        """Ask the card for its type and signature; a card that leaves meanwhile keeps its SAK's."""
        if card.sak in mifare_classic.SIZES:
            return Identity(card, mifare_classic.SIZES[card.sak][0])
        if card.sak & SAK_ISO14443_4:
            return Identity(card, await self._application(chip, card))
        unknown = Identity(card, f"card with SAK {card.sak:02X}")
        if card.sak:
            return unknown
        try:
            model = await self._tried(chip, card.uid, type2_tag.model)
        except CommandTimeout:
            return unknown
        if model is None:
            return Identity(card, type2_tag.PLAIN)
        return Identity(card, model.name, await self._origin(chip, card))

    async def _application(self, chip: Mfrc522Chip, card: Card) -> str:
        try:
            return await self._tried(chip, card.uid, iso14443_4.kind)
        except CommandTimeout:
            return iso14443_4.ANY

    async def _origin(self, chip: Mfrc522Chip, card: Card) -> str | None:
        try:
            signature = await self._tried(chip, card.uid, type2_tag.signature)
        except (CommandTimeout, DeviceFault):
            return None
        return nxp_originality.origin(card.uid, signature)

    def _gone(self, before: float) -> list[Reading]:
        """Forget the cards last seen before that moment; return their leaving."""
        left = [stay for stay in self._stays.values() if stay.last < before]
        for stay in left:
            del self._stays[stay.identity.card.uid]
        return [self._reading(stay, "left", stay.last) for stay in left]

    def _present(self) -> Reading:
        now = self.timing.monotonic()
        for stay in self._stays.values():
            if stay.last >= now - self._settings.leave_after:
                return self._reading(stay, "present", stay.last)
        names = ("uid", "state", "type", "atqa", "sak", "origin", "first_seen")
        return Reading(self.name, "tag", dict.fromkeys(names), now, Quality.NO_ANSWER)

    def _reading(self, stay: Stay, state: str, at: float) -> Reading:
        identity = stay.identity
        fields: dict[str, FieldValue] = {
            "uid": identity.card.uid.hex().upper(),
            "state": state,
            "type": identity.type,
            "atqa": identity.card.atqa,
            "sak": identity.card.sak,
            "origin": identity.origin,
            "first_seen": (at - stay.entered) * MILLISECONDS,
        }
        return Reading(self.name, "tag", fields, at)
