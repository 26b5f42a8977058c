"""Why a chip on an I2C or SPI bus cannot be reached."""

from __future__ import annotations

from collections.abc import Collection

from drivers.cause import DeviceCause, DeviceFacts, Stage
from drivers.links.causes.looks import NO_READING, absent, forbidden
from foundation.cause import UNKNOWN, Cost, Finding, no, perhaps, yes

NO_I2C = DeviceCause(
    "i2c.no-bus",
    symptom=NO_READING,
    sentence="the machine has no such I2C bus",
    next="enable I2C with dtparam=i2c_arm=on in /boot/firmware/config.txt and reboot; "
    "ls /dev/i2c-* shows the buses there are",
    command="ls /dev/i2c-*",
    unproven="whether it was never enabled or an adapter was pulled",
    stage=Stage.PLACE,
    test=absent,
)
I2C_FORBIDDEN = DeviceCause(
    "i2c.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the bus",
    next="add the user that runs Tallyman to the group i2c, then restart it",
    command="sudo usermod -aG i2c tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=forbidden,
)


def _another_answers(facts: DeviceFacts) -> Finding:
    """Look whether the bus works for other chips: then it is this chip's own trouble."""
    here = [each for each in facts.others if each.options.get("bus") == facts.option("bus")]
    well = [each.name for each in here if each.word is not None and each.word.well]
    if well:
        return no(f"{well[0]} answers on the same bus")
    silent = [each.name for each in here if each.word is not None and each.word.silent]
    return perhaps(f"{silent[0]} on the same bus is silent as well") if silent else UNKNOWN


I2C_STUCK = DeviceCause(
    "i2c.stuck",
    symptom="no chip of the bus gives a reading",
    sentence="a line of the bus is held low",
    next="power-cycle the chips on this bus; check its pull-ups and the cable's length",
    unproven="which chip holds it",
    stage=Stage.OPEN,
    test=_another_answers,
)
I2C_GONE = DeviceCause(
    "i2c.gone",
    symptom="readings stopped all at once",
    sentence="the bus adapter was taken away",
    next="plug the bus adapter in again",
    unproven="whether its plug or its supply failed",
    stage=Stage.PLACE,
    test=_another_answers,
)
I2C_CLAIMED = DeviceCause(
    "i2c.kernel-driver",
    symptom=NO_READING,
    sentence="a driver of the kernel has taken the chip",
    next="remove the dtoverlay of this chip from /boot/firmware/config.txt, reboot",
    unproven="which overlay did it",
    stage=Stage.OPEN,
)


def chip_at_another_address(choices: Collection[int]) -> DeviceCause:
    """Return the row for a chip that may sit at one of several addresses."""

    def test(facts: DeviceFacts) -> Finding:
        if facts.word is not None and facts.word.well:
            return no("it answers where it is configured")
        if facts.word is not None and facts.word.cause not in ("", I2C_SILENT.id):
            return UNKNOWN
        here = [each for each in facts.others if each.options.get("bus") == facts.option("bus")]
        taken = {facts.options.get("address"), *(each.options.get("address") for each in here)}
        free = [address for address in choices if address not in taken]
        for address in free:
            answer = facts.machine.answers(facts.option("bus"), address)
            if answer is None:
                return UNKNOWN  # a bus that hangs once is not asked again
            if answer:
                return yes(f"a chip answers at {address:#04x}, where none is configured")
        if not free:
            return UNKNOWN
        return no(f"nothing answers at {', '.join(f'{each:#04x}' for each in free)} either")

    return DeviceCause(
        "i2c.address",
        symptom=NO_READING,
        sentence="the chip sits at another address than the configured one",
        next="compare the option address with the chip's address pin",
        command="sudo i2cdetect -y {bus_number}",
        unproven="whether what answers there is this chip",
        stage=Stage.ANSWER,
        cost=Cost.BUS,
        test=test,
    )


def _answers(facts: DeviceFacts) -> Finding:
    if facts.word is not None and facts.word.well:
        return no("it answers")
    address = facts.options.get("address")
    if not isinstance(address, int):
        return UNKNOWN
    found = facts.machine.answers(facts.option("bus"), address)
    if found is None:
        return UNKNOWN
    where = f"{address:#04x} on {facts.option('bus')}"
    return no(f"a chip answers at {where} now") if found else yes(f"nothing answers at {where}")


I2C_SILENT = DeviceCause(
    "i2c.no-answer",
    symptom=NO_READING,
    sentence="no chip answers at the address",
    next="check the chip's supply, its wires and its address pin; "
    "i2cdetect -y {bus_number} lists the addresses that answer",
    command="sudo i2cdetect -y {bus_number}",
    unproven="whether the chip, its supply or a wire failed",
    stage=Stage.ANSWER,
    cost=Cost.BUS,
    test=_answers,
)
I2C = (NO_I2C, I2C_FORBIDDEN, I2C_CLAIMED, I2C_GONE, I2C_STUCK, I2C_SILENT)

BUS_HANGS = DeviceCause(
    "bus.hangs",
    symptom="no chip of the bus gives a reading",
    sentence="a transfer hangs in the kernel",
    next="power-cycle the chips on this bus; reboot if that does not help",
    unproven="which chip or wire holds it up",
    stage=Stage.OPEN,
    test=_another_answers,
)
NO_SPI = DeviceCause(
    "spi.no-bus",
    symptom=NO_READING,
    sentence="the machine has no such SPI bus",
    next="enable SPI with dtparam=spi=on in /boot/firmware/config.txt and reboot; "
    "ls /dev/spidev* shows the chip selects there are",
    command="ls /dev/spidev*",
    unproven="whether it was never enabled or another overlay took it",
    stage=Stage.PLACE,
    test=absent,
)
SPI_FORBIDDEN = DeviceCause(
    "spi.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the bus",
    next="add the user that runs Tallyman to the group spi, then restart it",
    command="sudo usermod -aG spi tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=forbidden,
)
SPI = (NO_SPI, SPI_FORBIDDEN, BUS_HANGS)
