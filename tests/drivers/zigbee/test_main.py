"""The process itself: what it reads of the configuration, how it ends, and who holds a stick."""

import os

import pytest

from drivers.zigbee.host import main as process
from drivers.zigbee.host.book import Book, KnownNode, decode
from drivers.zigbee.host.book_file import BookFile, BookLost
from drivers.zigbee.host.claims import Claims
from drivers.zigbee.host.holder import holders
from drivers.zigbee.host.identity import Facts
from drivers.zigbee.host.main import Configured, configured, main
from foundation.options import OptionError
from tests.drivers.zigbee.test_book import book

SITE = """
[gateway]
name = "hall-7"
[[device]]
name = "radio-1"
kind = "zigbee.radio"
port = "/dev/ttyUSB1"
read_point = "hall"
[[device]]
name = "cold"
kind = "zigbee.node"
radio = "radio-1"
ieee = "00:15:8D:00:00:00:00:02"
[[device]]
name = "warm"
kind = "zigbee.node"
radio = "radio-2"
ieee = "00158d0000000003"
[[device]]
name = "air"
kind = "sensors.sht3x"
bus = "/dev/i2c-1"
[[device]]
name = "radio-2"
kind = "zigbee.radio"
type = "ezsp"
channel = 20
port = "/dev/ttyUSB2"
stack = "/run/other"
"""


def test_its_radios_are_read_with_the_nodes_that_devices_name(tmp_path):
    file = tmp_path / "tallyman.toml"
    file.write_text(SITE)
    common = {"stack": "/run/tallyman-zigbee/socket"}
    assert configured(file) == [
        Configured(
            "radio-1",
            {"port": "/dev/ttyUSB1", "type": "znp", "channel": 15} | common,
            frozenset({"00158d0000000002"}),
        ),
        Configured(
            "radio-2",
            {"port": "/dev/ttyUSB2", "type": "ezsp", "channel": 20, "stack": "/run/other"},
            frozenset({"00158d0000000003"}),
        ),
    ]


def test_an_option_that_cannot_be_is_named(tmp_path):
    file = tmp_path / "tallyman.toml"
    file.write_text(SITE.replace("channel = 20", "channel = 27"))
    with pytest.raises(OptionError, match="channel must be from 11 to 26"):
        configured(file)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('[gateway]\nname = "x"\n', 0,
         "no [[device]] of kind zigbee.radio is configured: nothing to do\n"),
        (SITE.replace("channel = 20", "channel = 27"), 2, "channel must be from 11 to 26"),
        (SITE.replace('port = "/dev/ttyUSB1"\n', ""), 2, "port"),
        (None, 2, "write the configuration first: docs/operate"),
    ],
)  # fmt: skip
def test_how_it_ends_where_there_is_nothing_to_keep(tmp_path, capsys, text, code, said):
    file = tmp_path / "tallyman.toml"
    if text is not None:
        file.write_text(text)
    state = tmp_path / "state"
    found = main(["--config", str(file), "--state", str(state)])
    err = capsys.readouterr().err
    assert said in err
    assert found == code
    assert err.startswith("no [[device]]" if code == 0 else "tallyman-zigbee: ")
    assert not state.exists()


def test_arguments_that_are_none_are_refused(capsys):
    assert main(["--dance"]) == 2
    assert "tallyman-zigbee" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ModuleNotFoundError("No module named 'zigpy'"), 2,
         "tallyman-zigbee: No module named 'zigpy': it needs zigpy, zigpy-znp and bellows"),
        (None, 0, ""),
    ],
)  # fmt: skip
def test_how_it_ends_where_it_is_told_or_lacks_a_package(
    tmp_path, capsys, monkeypatch, error, code, said
):
    async def run(radios, state):
        assert [each.name for each in radios] == ["radio-1", "radio-2"]
        assert state == tmp_path / "state"
        if error is not None:
            raise error

    monkeypatch.setattr(process, "_run", run)
    file = tmp_path / "tallyman.toml"
    file.write_text(SITE)
    assert main(["--config", str(file), "--state", str(tmp_path / "state")]) == code
    assert capsys.readouterr().err.startswith(said)


def test_where_it_looks_unless_it_is_told():
    args = process.parser().parse_args([])
    assert (str(args.config), str(args.state)) == (
        "/etc/tallyman/tallyman.toml", "/var/lib/tallyman-zigbee",
    )  # fmt: skip


def a_process(proc, number, name, *opened):
    folder = proc / str(number) / "fd"
    folder.mkdir(parents=True)
    for place, path in enumerate(opened):
        (folder / str(place)).symlink_to(path)
    if name is not None:
        (proc / str(number) / "comm").write_text(f"{name}\n")


def test_who_holds_a_stick_is_named_but_not_ourselves(tmp_path):
    proc, stick, link = tmp_path / "proc", tmp_path / "ttyUSB1", tmp_path / "by-id"
    stick.touch()
    link.symlink_to(stick)
    a_process(proc, 4711, "python3", "/dev/null", stick)
    a_process(proc, 12, "modem", stick)
    a_process(proc, 13, None, stick)  # it ends just now
    a_process(proc, 14, "other", tmp_path / "ttyUSB2")
    a_process(proc, os.getpid(), "we", stick)
    (proc / "15").mkdir()  # another user's
    (proc / "self").mkdir()
    assert holders(str(link), proc) == [
        "process 12 (modem)", "process 13 (ended by now)", "process 4711 (python3)",
    ]  # fmt: skip


def test_a_book_that_is_set_aside_is_kept_in_both_generations(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    file.save(book(7))
    file.save(book(8))
    file.set_aside(".replaced")
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["radio-1.network.before.replaced", "radio-1.network.replaced"]
    assert decode((tmp_path / names[0]).read_bytes()) == book(7)
    assert file.load().book is None
    file.set_aside(".again")  # there is none


def test_a_damaged_book_is_kept_and_said(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    file.save(book(7))
    file.save(book(8))
    file.path.write_bytes(b"rubbish")
    assert file.load().note == (
        f"{file.path} was damaged (its digest does not fit: it was cut or changed): the one before "
        f"it serves, {file.path}.damaged keeps it"
    )
    assert (tmp_path / "radio-1.network.damaged").read_bytes() == b"rubbish"
    file.path.write_bytes(b"")
    file.before.write_bytes(b"x")
    with pytest.raises(BookLost) as raised:
        file.load()
    assert str(raised.value) == (
        f"the network's book cannot be read: {file.path}: it is empty; {file.before}: its digest "
        "does not fit: it was cut or changed"
    )
    assert raised.value.cause.id == "zigbee.book-lost"


def test_a_file_that_the_disk_does_not_give_is_made_good_by_the_one_before(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    file.save(book(7))
    file.save(book(8))
    file.path.unlink()
    file.path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        file.path.read_bytes()
    loaded = file.load()
    assert loaded.book == book(7)
    assert "Is a directory" in loaded.note


def test_a_damaged_generation_does_not_push_out_a_whole_one(tmp_path):
    file = BookFile(tmp_path / "radio-1.network")
    file.save(book(7))
    file.save(book(8))
    file.path.write_bytes(b"rubbish")
    file.save(book(9))
    assert decode(file.before.read_bytes()) == book(7)


@pytest.mark.parametrize(
    ("descriptor", "router"),
    [("", False), ("01", True), ("00", False), ("02", False), ("09", True)],
)
def test_a_router_by_the_logical_type_in_its_descriptor(descriptor, router):
    """R22 §2.3.2.3.1: the lowest three bits; 0 is a coordinator, 2 an end device."""
    assert KnownNode("x", 1, descriptor).router is router


def test_a_network_on_two_radios_is_told_by_the_first():
    facts = Facts("a", "pan", "key", 15, 7)
    claims = Claims()
    assert claims.other("radio-1", facts) is None
    claims.take("radio-1", facts)
    assert claims.other("radio-1", facts) is None
    assert claims.other("radio-2", facts) == "radio-1"
    assert claims.other("radio-2", Facts("b", "pan", "key", 20, 0)) == "radio-1"
    assert claims.other("radio-2", Facts("a", "pan", "other", 15, 7)) is None
    assert claims.other("radio-2", Facts("a", "other", "key", 15, 7)) is None
    assert claims.other("radio-2", None) is None
    claims.release("radio-1")
    claims.release("radio-1")
    assert claims.other("radio-2", facts) is None


def test_a_book_begins_without_nodes():
    assert Book({}).nodes == {}
