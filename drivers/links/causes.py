"""Why a link does not come about: serial ports, I2C and SPI buses, input devices, TCP and TLS."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from drivers.cause import DeviceCause, DeviceFacts, Stage
from foundation.cause import UNKNOWN, Cost, Finding, no, perhaps, yes

NO_READING = "no reading comes"


def _place(facts: DeviceFacts) -> str:
    """Return the path that leads to the device."""
    return facts.option("port") or facts.option("bus")


def _unused(facts: DeviceFacts) -> Sequence[str]:
    """Return ports of the same kind that no device is configured for."""
    ports = (each.options.get("port") for each in facts.others)
    return facts.machine.unused(_place(facts), [port for port in ports if isinstance(port, str)])


def _absent(facts: DeviceFacts) -> Finding:
    path = _place(facts)
    there = facts.machine.there(path)
    if there is None:
        return UNKNOWN
    if there:
        return no(f"{path} is there now")
    if unused := _unused(facts):
        return perhaps(f"there is no {path}", contra=(f"{unused[0]} is there",))
    return yes(f"there is no {path}")


def _moved(facts: DeviceFacts) -> Finding:
    path = _place(facts)
    there = facts.machine.there(path)
    if there is None:
        return UNKNOWN
    if there:
        return no(f"{path} is there now")
    if unused := _unused(facts):
        return yes(
            f"there is no {path}", f"{unused[0]} is there, and no device is configured for it"
        )
    return no("no port is there that no device is configured for")


def _forbidden(facts: DeviceFacts) -> Finding:
    path = _place(facts)
    may = facts.machine.may_open(path)
    if may is None:
        return UNKNOWN
    return no(f"the agent's user may open {path}") if may else yes(f"its rights deny {path} to it")


def _held(facts: DeviceFacts) -> Finding:
    path = _place(facts)
    if facts.word is not None and facts.word.well:
        return no(f"the agent has {path} open")
    holders = facts.machine.holders(path)
    if holders is None:
        return UNKNOWN
    if holders:
        return yes(f"{', '.join(holders)} has {path} open")
    return no(f"no other program has {path} open")


PORT_MOVED = DeviceCause(
    "serial.moved",
    symptom=NO_READING,
    sentence="the device is plugged in and has another port now",
    next="set port to the device's path in /dev/serial/by-id, which stays the same",
    command="ls -l /dev/serial/by-id",
    unproven="whether what has the other port is this device",
    stage=Stage.PLACE,
    test=_moved,
)
PORT_ABSENT = DeviceCause(
    "serial.absent",
    symptom=NO_READING,
    sentence="the serial port is not there: the device is unplugged or has no power",
    next="plug the device in; `ls /dev/serial/by-id` shows the ports that are there",
    command="ls -l /dev/serial/by-id",
    unproven="whether device, cable or hub is at fault",
    stage=Stage.PLACE,
    test=_absent,
)
PORT_FORBIDDEN = DeviceCause(
    "serial.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the port",
    next="add the user that runs this to the port's group: sudo usermod -aG dialout USER",
    command="sudo usermod -aG dialout tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=_forbidden,
)
PORT_HELD = DeviceCause(
    "serial.held",
    symptom=NO_READING,
    sentence="another program has the port",
    next="find it with `sudo fuser -v {port}`; ModemManager often takes serial ports",
    command="sudo fuser -v {port}",
    unproven="what that program wants with it",
    stage=Stage.OPEN,
    test=_held,
)
SERIAL = (PORT_MOVED, PORT_ABSENT, PORT_FORBIDDEN, PORT_HELD)

NO_I2C = DeviceCause(
    "i2c.no-bus",
    symptom=NO_READING,
    sentence="the machine has no such I2C bus",
    next="enable I2C with dtparam=i2c_arm=on in /boot/firmware/config.txt and reboot; "
    "ls /dev/i2c-* shows the buses there are",
    command="ls /dev/i2c-*",
    unproven="whether it was never enabled or an adapter was pulled",
    stage=Stage.PLACE,
    test=_absent,
)
I2C_FORBIDDEN = DeviceCause(
    "i2c.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the bus",
    next="add the user that runs Tallyman to the group i2c, then restart it",
    command="sudo usermod -aG i2c tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=_forbidden,
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
        answers = [facts.machine.answers(facts.option("bus"), address) for address in free]
        for address, answer in zip(free, answers, strict=True):
            if answer:
                return yes(f"a chip answers at {address:#04x}, where none is configured")
        if not free or None in answers:
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
    test=_absent,
)
SPI_FORBIDDEN = DeviceCause(
    "spi.forbidden",
    symptom=NO_READING,
    sentence="the agent's user may not open the bus",
    next="add the user that runs Tallyman to the group spi, then restart it",
    command="sudo usermod -aG spi tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=_forbidden,
)
SPI = (NO_SPI, SPI_FORBIDDEN, BUS_HANGS)

INPUT_ABSENT = DeviceCause(
    "input.absent",
    symptom="no scan comes",
    sentence="the scanner is unplugged or has no power",
    next="plug the scanner in; `ls /dev/input/by-id` shows the devices that are there",
    command="ls -l /dev/input/by-id",
    unproven="whether scanner, cable or hub is at fault",
    stage=Stage.PLACE,
    test=_absent,
)
INPUT_FORBIDDEN = DeviceCause(
    "input.forbidden",
    symptom="no scan comes",
    sentence="the agent's user may not open the scanner",
    next="add the user that runs this to the group: sudo usermod -aG input USER",
    command="sudo usermod -aG input tallyman && sudo systemctl restart tallyman",
    unproven="who took the right away",
    stage=Stage.OPEN,
    test=_forbidden,
)
INPUT_HELD = DeviceCause(
    "input.held",
    symptom="no scan comes",
    sentence="another program has the scanner for itself",
    next="find it with `sudo fuser -v {port}`",
    command="sudo fuser -v {port}",
    unproven="what that program wants with it",
    stage=Stage.OPEN,
    test=_held,
)
INPUT = (INPUT_ABSENT, INPUT_FORBIDDEN, INPUT_HELD)


def _connects(facts: DeviceFacts) -> Finding:
    """Look whether a connection is taken: for a device of which no driver tells."""
    if facts.word is not None:
        return no("it answers") if facts.word.well else UNKNOWN
    host, _, port = facts.option("address").rpartition(":")
    if not host or not port.isdigit():
        return UNKNOWN
    taken = facts.machine.listens(host, int(port))
    where = f"{host}:{port}"
    if taken is None:
        return UNKNOWN
    return no(f"{where} takes connections") if taken else yes(f"{where} takes no connection")


UNKNOWN_NAME = DeviceCause(
    "net.name",
    symptom="the device is not reached",
    sentence="the device's name is not known",
    next="check the name and the gateway's DNS, or configure the device's IP address",
    command="getent hosts {host}",
    unproven="whether the name is wrong or the name server away",
    stage=Stage.PLACE,
)
NO_LISTENER = DeviceCause(
    "net.refused",
    symptom="the device is not reached",
    sentence="a machine answers at the address, and nothing listens at the port",
    next="check the port; a device that has just been powered up needs about a minute",
    unproven="whether it still starts or has another port",
    stage=Stage.OPEN,
    cost=Cost.BYTES,
)
NOT_REACHED = DeviceCause(
    "net.unreachable",
    symptom="the device is not reached",
    sentence="nothing answers at the address",
    next="check the device's power and network cable, and its address with ping",
    command="ping -c 3 {host}",
    unproven="whether device, switch or cable is at fault",
    stage=Stage.PLACE,
    cost=Cost.BUS,
    test=_connects,
)
CONNECTION_CLOSED = DeviceCause(
    "net.closed",
    symptom="readings stopped all at once",
    sentence="the device closed the connection",
    next="check the device's power and network; the driver connects again by itself",
    unproven="why it did",
    stage=Stage.ANSWER,
)
TCP = (UNKNOWN_NAME, NOT_REACHED, NO_LISTENER, CONNECTION_CLOSED)

TLS_UNTRUSTED = DeviceCause(
    "tls.certificate",
    symptom="the device is reached and gives no reading",
    sentence="the device shows a certificate that is not trusted",
    next="compare the device's certificate with the one the configuration names",
    command="openssl s_client -connect {address} -showcerts",
    unproven="whether it is another device or has a new certificate",
    stage=Stage.IDENTITY,
)
TLS_REFUSED = DeviceCause(
    "tls.refused",
    symptom="the device is reached and gives no reading",
    sentence="the device does not speak TLS as it is asked to",
    next="check the port, and that TLS is switched on in the device. TLS 1.2 with a key exchange "
    "by ECDHE or DHE is needed; by RSA only where the configuration pins the device's certificate",
    command="openssl s_client -connect {address}",
    unproven="which of its settings does not fit",
    stage=Stage.IDENTITY,
)
TLS_SILENT = DeviceCause(
    "tls.silent",
    symptom="the device is reached and gives no reading",
    sentence="the device does not finish a TLS handshake",
    next="check the device's power and network cable, and that TLS is switched on in it",
    unproven="whether it hangs or expects no TLS at this port",
    stage=Stage.ANSWER,
)
TLS = (TLS_UNTRUSTED, TLS_REFUSED, TLS_SILENT)
