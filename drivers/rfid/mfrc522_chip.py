"""An MFRC522 as an antenna: reset and identity, frames with bit framing and collisions, Crypto1."""

from __future__ import annotations

from typing import Protocol

from drivers.driver import Timing
from drivers.errors import BadFrame, CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.rfid import causes
from drivers.rfid import mfrc522_registers as reg
from drivers.rfid.iso14443a_cards import Received
from drivers.rfid.mfrc522_registers import Command, Register, read, write

FIELD_OFF = 0.006  # s; cards start anew after 5.1 ms without a field, ISO 14443-3 §6.2
LOOK = 0.001  # s between two looks whether a command is done; most are by the first
GRACE = 0.05  # s the chip's own timer may be late before the chip is given up
RESET_TRIES = 20  # looks at the power-down bit; §8.8.2 asks for 37.74 µs
TEST_TRIES = 50
AUTHENTICATE_WITHIN = 0.01  # s; three passes of a few bytes each
MARK = 0x5A  # a value no reset leaves in RELOAD_LOW
SMALLEST_TEST = 0x40  # of a FIFO level: the self test fills it


class Bus(Protocol):
    """The chip's place on its SPI bus; see `drivers.links.spi.SpiChip`."""

    path: str

    async def exchange(self, *accesses: bytes) -> list[bytes]:
        """Do several accesses in one go."""
        ...


class Mfrc522Chip:
    """The chip behind `bus`."""

    def __init__(self, bus: Bus, timing: Timing) -> None:
        self._bus = bus
        self._timing = timing

    async def start(self, gain: int) -> int:
        """Reset, identify and set the chip up, field on; return its version.

        DeviceMissing when nothing answers, WrongDevice when what answers is no MFRC522.
        """
        version = await self._identify()
        await self._timing.sleep(FIELD_OFF)
        await self._bus.exchange(
            write(Register.TIMER_MODE, reg.TIMER_AUTO),
            write(Register.PRESCALER, reg.TICK_PRESCALER),
            write(Register.TX_ASK, reg.FORCE_100_ASK),
            write(Register.MODE, reg.CRC_A_PRESET),
            write(Register.GAIN, reg.GAINS[gain]),
            write(Register.TX_CONTROL, reg.ANTENNA_ON),
        )
        return version

    async def _identify(self) -> int:
        version = await self._awake()
        if version in reg.ABSENT:
            raise DeviceMissing(
                f"nothing answers at {self._bus.path}",
                cause=causes.BOARD_SILENT,
            )
        await self._bus.exchange(write(Register.RELOAD_LOW, MARK))
        marked = (await self._read(Register.RELOAD_LOW))[0]
        await self._reset()
        after = (await self._read(Register.RELOAD_LOW))[0]
        if (marked, after) != (MARK, 0):
            raise WrongDevice(
                f"the chip at {self._bus.path} (version {version:#04x}) is not an MFRC522: "
                "it does not take a reset"
            )
        return version

    async def _awake(self) -> int:
        """Return the version once the chip answers; it may still come from a reset or power-on."""
        version = 0
        for _ in range(RESET_TRIES):
            version = (await self._read(Register.VERSION))[0]
            if version not in reg.ABSENT:
                break
            await self._timing.sleep(LOOK)
        return version

    async def _reset(self) -> None:
        await self._bus.exchange(write(Register.COMMAND, Command.SOFT_RESET))
        for _ in range(RESET_TRIES):
            await self._timing.sleep(LOOK)
            command, version = await self._read(Register.COMMAND, Register.VERSION)
            if version not in reg.ABSENT and not command & reg.POWER_DOWN:
                return
        raise LinkLost(f"the chip at {self._bus.path} does not come back from its reset")

    async def self_test(self) -> bool | None:
        """Run the digital self test (§16.1.1); None when nobody published this chip's result.

        Leaves the chip reset: `start` it afterwards.
        """
        version = (await self._read(Register.VERSION))[0]
        if version not in reg.SELF_TESTS:
            return None
        await self._reset()
        await self._bus.exchange(
            write(Register.FIFO_LEVEL, reg.FLUSH),
            write(Register.FIFO_DATA, *bytes(reg.TEST_BUFFER)),
            write(Register.COMMAND, Command.MEMORY),
            write(Register.AUTO_TEST, reg.SELF_TEST_ON),
            write(Register.FIFO_DATA, 0),
            write(Register.COMMAND, Command.CRC),
        )
        for _ in range(TEST_TRIES):
            await self._timing.sleep(LOOK)
            if (await self._read(Register.FIFO_LEVEL))[0] >= SMALLEST_TEST:
                break
        result = await self._read(*[Register.FIFO_DATA] * reg.FIFO_SIZE)
        await self._bus.exchange(write(Register.AUTO_TEST, reg.SELF_TEST_OFF))
        await self._reset()
        return result == reg.SELF_TESTS[version]

    async def check(self) -> None:
        """Raise LinkLost when the chip lost its settings: unplugged, or its supply dipped."""
        control, ask = await self._read(Register.TX_CONTROL, Register.TX_ASK)
        if control & reg.ANTENNA_ON != reg.ANTENNA_ON or ask != reg.FORCE_100_ASK:
            raise LinkLost(
                f"the reader at {self._bus.path} lost its settings",
                cause=causes.BOARD_RESET,
            )

    async def off(self) -> None:
        """Turn the field off."""
        await self._bus.exchange(write(Register.COMMAND, Command.SOFT_RESET))

    async def send(
        self, data: bytes, *, within: float, last_bits: int = 0, align: int = 0
    ) -> Received:
        """Send a frame and return what came back; see `Antenna.send`."""
        framing = align << reg.ALIGN_SHIFT | last_bits
        await self._bus.exchange(
            *_prepared(data, within),
            write(Register.COLL, reg.CLEAR_AFTER_COLLISION),
            write(Register.BIT_FRAMING, framing),
            write(Register.COMMAND, Command.TRANSCEIVE),
            write(Register.BIT_FRAMING, reg.START_SEND | framing),
        )
        error, level, control, collision = await self._done(reg.RX_IRQ, within)
        return await self._received(error, level, control & reg.LAST_BITS, collision)

    async def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Run MFAuthent (§10.3.1.9); see `CryptoAntenna.authenticate`."""
        request = bytes([command, block]) + key + uid
        await self._bus.exchange(
            *_prepared(request, AUTHENTICATE_WITHIN),
            write(Register.COMMAND, Command.AUTHENTICATE),
        )
        try:
            await self._done(reg.IDLE_IRQ, AUTHENTICATE_WITHIN)
        except CommandTimeout:
            return False
        return bool((await self._read(Register.STATUS2))[0] & reg.CRYPTO_ON)

    async def stop_crypto(self) -> None:
        """Leave Crypto1; see `CryptoAntenna.stop_crypto`."""
        await self._bus.exchange(write(Register.COMMAND, Command.IDLE), write(Register.STATUS2, 0))

    async def _done(self, wanted: int, within: float) -> bytes:
        """Wait for an interrupt; return ERROR, FIFO_LEVEL, CONTROL and COLL at that moment."""
        until = self._timing.monotonic() + within + GRACE
        while self._timing.monotonic() < until:
            await self._timing.sleep(LOOK)
            irq, *rest = await self._read(
                Register.COM_IRQ,
                Register.ERROR,
                Register.FIFO_LEVEL,
                Register.CONTROL,
                Register.COLL,
            )
            if irq & wanted:
                return bytes(rest)
            if irq & reg.TIMER_IRQ:
                raise CommandTimeout("no card answers", advice="lay the card on the antenna again")
        raise LinkLost(f"the reader at {self._bus.path} does not finish a command")

    async def _received(self, error: int, level: int, last_bits: int, coll: int) -> Received:
        data = await self._read(*[Register.FIFO_DATA] * level) if level else b""
        if error & reg.COLLISION:
            return Received(data, last_bits, _position(coll))
        if error & (reg.OVERFLOW | reg.PARITY | reg.PROTOCOL) or not data:
            raise BadFrame(f"noise instead of an answer: {data.hex(' ')}, error {error:02X}")
        return Received(data, last_bits)

    async def _read(self, *registers: Register) -> bytes:
        (answer,) = await self._bus.exchange(read(*registers))
        return answer[1:]


def _prepared(data: bytes, within: float) -> tuple[bytes, ...]:
    """Return the accesses that put a frame into the FIFO and set the timer."""
    ticks = round(within / reg.TICK)
    return (
        write(Register.COMMAND, Command.IDLE),
        write(Register.COM_IRQ, reg.ALL_IRQS),
        write(Register.FIFO_LEVEL, reg.FLUSH),
        write(Register.RELOAD_HIGH, ticks >> 8),
        write(Register.RELOAD_LOW, ticks & 0xFF),
        write(Register.FIFO_DATA, *data),
    )


def _position(coll: int) -> int:
    """Return where bits collided, counted from 1; RxAlign counts, as NXP's own library takes it."""
    if coll & reg.POSITION_UNKNOWN:
        raise BadFrame("cards collide beyond the 32nd bit")
    return coll & reg.POSITION or reg.LAST_POSITION
