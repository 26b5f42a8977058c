import random
import socket
import struct

import pytest

from hil.boot.nbd_disk import NbdDisk

SIZE = 1 << 20
SECTOR = 512


class Client:
    """The least of an NBD client: NBD protocol, fixed newstyle, OPT_GO, simple replies."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        assert self.take(18)[:16] == b"NBDMAGICIHAVEOPT"
        self.socket.sendall(struct.pack(">I", 3))
        body = struct.pack(">IH", 0, 0)
        self.socket.sendall(b"IHAVEOPT" + struct.pack(">II", 7, len(body)) + body)
        _, _, kind, length = struct.unpack(">QIII", self.take(20))
        assert (kind, length) == (3, 12)
        _, self.size, self.flags = struct.unpack(">HQH", self.take(12))
        assert struct.unpack(">QIII", self.take(20))[2:] == (1, 0)

    def take(self, count):
        data = b""
        while len(data) < count:
            data += self.socket.recv(count - len(data))
        return data

    def ask(self, kind, offset=0, length=0, data=b"", flags=0):
        head = struct.pack(">IHHQQI", 0x25609513, flags, kind, 7, offset, length or len(data))
        self.socket.sendall(head + data)
        magic, error, handle = struct.unpack(">IIQ", self.take(16))
        assert (magic, error, handle) == (0x67446698, 0, 7)
        return self.take(length) if kind == 0 else b""

    def read(self, offset, length):
        return self.ask(0, offset, length)

    def write(self, offset, data, flags=0):
        self.ask(1, offset, data=data, flags=flags)

    def flush(self):
        self.ask(3)


@pytest.fixture
def disk(tmp_path):
    image = tmp_path / "card.img"
    image.write_bytes(bytes(SIZE))
    disk = NbdDisk(image, tmp_path / "nbd", random.Random(4))
    disk.start()
    return disk


def test_what_was_written_is_read_and_only_what_was_flushed_lasts(disk):
    client = Client(disk.path)
    assert (client.size, client.flags & 5) == (SIZE, 5)
    client.write(4096, b"a" * SECTOR)
    client.write(4096 + 256, b"b" * 16)
    assert client.read(4096, SECTOR) == b"a" * 256 + b"b" * 16 + b"a" * 240
    assert disk.image.read_bytes() == bytes(SIZE)
    client.flush()
    client.write(8192, b"c" * SECTOR, flags=1)  # forced unit access: this write is flushed
    assert disk.image.read_bytes()[4096:4112] == b"a" * 16
    assert disk.image.read_bytes()[8192:8208] == b"c" * 16
    client.socket.close()
    disk.stop()


def test_a_cut_keeps_some_unflushed_writes_tears_some_and_drops_some(disk):
    client = Client(disk.path)
    length = 8 * SECTOR
    count = SIZE // length
    for number in range(count):
        client.write(number * length, bytes([1 + number % 255]) * length)
    client.socket.close()
    disk.stop()
    dropped = disk.cut()
    kept = disk.image.read_bytes()
    whole = torn = 0
    for number in range(count):
        piece = kept[number * length : (number + 1) * length]
        written = len(piece.rstrip(b"\0"))
        assert written % SECTOR == 0
        assert piece[:written] == bytes([1 + number % 255]) * written
        whole += written == length
        torn += 0 < written < length
    assert whole == count - dropped
    assert min(whole, torn, dropped - torn) > count // 10


def test_a_disk_that_nobody_came_to_stops(tmp_path):
    image = tmp_path / "card.img"
    image.write_bytes(bytes(SIZE))
    disk = NbdDisk(image, tmp_path / "card.nbd", random.Random(1))
    disk.start()
    disk.stop()
    assert disk.cut() == 0
