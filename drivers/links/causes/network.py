"""Why a device in the network cannot be reached, or not with TLS."""

from __future__ import annotations

from drivers.cause import DeviceCause, DeviceFacts, Stage
from foundation.cause import UNKNOWN, Cost, Finding, no, yes


def _connects(facts: DeviceFacts) -> Finding:
    """Look whether a connection is taken: for a device of which no driver tells."""
    if facts.word is not None:
        return no("it answers") if facts.word.well else UNKNOWN
    host, _, port = facts.option("address").rpartition(":")
    if not host or not port.isdigit():
        return UNKNOWN
    taken = facts.machine.listens(host.strip("[]"), int(port))
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
