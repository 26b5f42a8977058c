"""One TCP connection as a pcap file, for Wireshark's dissectors. Pure."""

from __future__ import annotations

import struct

MAGIC, LINKTYPE_RAW = 0xA1B2C3D4, 101
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
CLIENT_PORT = 40_000
SYN, ACK, PUSH = 0x02, 0x10, 0x08
SEGMENT = 1400  # bytes


def pcap(pieces: list[tuple[bool, bytes]], port: int) -> bytes:
    """Return `pieces` (from the client?, bytes) as a connection to a server's `port`."""
    file = [struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 65535, LINKTYPE_RAW)]
    sent = {True: 1000, False: 2000}
    moment = 0

    def packet(by_client: bool, flags: int, data: bytes = b"") -> None:
        nonlocal moment
        ports = (CLIENT_PORT, port) if by_client else (port, CLIENT_PORT)
        tcp = struct.pack(
            ">HHIIBBHHH", *ports, sent[by_client], sent[not by_client], 5 << 4, flags, 65535, 0, 0
        )
        ends = (CLIENT, SERVER) if by_client else (SERVER, CLIENT)
        size = 20 + len(tcp) + len(data)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, 6, 0) + b"".join(ends)
        moment += 100
        seconds, microseconds = divmod(moment, 1_000_000)
        file.append(struct.pack("<IIII", seconds, microseconds, size, size) + ip + tcp + data)
        sent[by_client] += len(data) + bool(flags & SYN)

    packet(True, SYN)
    packet(False, SYN | ACK)
    packet(True, ACK)
    for by_client, data in pieces:
        for at in range(0, len(data), SEGMENT):
            packet(by_client, PUSH | ACK, data[at : at + SEGMENT])
    return b"".join(file)
