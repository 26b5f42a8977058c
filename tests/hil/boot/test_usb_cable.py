import os
import pty
import socket
import threading

from hil.boot.usb_cable import UsbCable

PULLED_S = 20.0


def test_it_carries_and_is_pulled_from_a_machine_that_does_not_read(tmp_path):
    part, port = pty.openpty()
    os.set_blocking(part, False)
    with socket.socket(socket.AF_UNIX) as machine:
        machine.bind(str(tmp_path / "port"))
        machine.listen()
        cable = UsbCable(tmp_path / "part", tmp_path / "port")
        cable.part.symlink_to(os.ttyname(port))
        cable.plug()
        guest, _ = machine.accept()
        os.write(part, b"$GPRMC")
        assert guest.recv(6) == b"$GPRMC"
        stuffed = threading.Thread(target=stuff, args=(part,), daemon=True)
        stuffed.start()
        stuffed.join()
        pulled = threading.Thread(target=cable.pull, daemon=True)
        pulled.start()
        pulled.join(PULLED_S)
        assert not pulled.is_alive()
        guest.close()
    os.close(part)
    os.close(port)


def stuff(part: int) -> None:
    """Write until the cable takes no more."""
    refused = 0
    while refused < 20:
        try:
            os.write(part, bytes(4096))
            refused = 0
        except BlockingIOError:
            refused += 1
            threading.Event().wait(0.01)


def test_a_part_that_does_not_listen_is_still_heard(tmp_path):
    part, port = pty.openpty()
    with socket.socket(socket.AF_UNIX) as machine:
        machine.bind(str(tmp_path / "port"))
        machine.listen()
        cable = UsbCable(tmp_path / "part", tmp_path / "port")
        cable.part.symlink_to(os.ttyname(port))
        cable.plug()
        guest, _ = machine.accept()
        guest.sendall(bytes(1 << 20))  # more than a pty holds
        os.write(part, b"$GPRMC")
        guest.settimeout(PULLED_S)
        assert guest.recv(6) == b"$GPRMC"
        cable.pull()
        guest.close()
    os.close(part)
    os.close(port)
