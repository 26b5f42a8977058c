"""Whether an interface leads anywhere, as the kernel's table of routes has it."""

from foundation.reach import has_default_route

TABLE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
usb0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""


def test_an_interface_without_a_default_route_is_told_from_one_with(tmp_path):
    (tmp_path / "route").write_text(TABLE)
    assert has_default_route("eth0", tmp_path / "route")
    assert not has_default_route("usb0", tmp_path / "route")


def test_what_nobody_knows_is_not_called_routeless(tmp_path):
    (tmp_path / "route").write_text("rubbish\nusb0\n")
    assert has_default_route("wwan0", tmp_path / "route")
    assert has_default_route("eth0", tmp_path / "none")
