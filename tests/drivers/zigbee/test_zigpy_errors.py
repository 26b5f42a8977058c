"""What zigpy raises becomes an error that says what was being done, and no other."""

import itertools

import pytest

from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, LinkLost
from drivers.zigbee import causes
from tests.drivers.zigbee.one_network import PORT


@pytest.fixture
def errors(zigpy_here):
    from drivers.zigbee.host import zigpy_errors

    return zigpy_errors


def raised_by(errors, error, *trouble):
    with pytest.raises(Exception) as raised, errors.errors_of("asking the hall", *trouble):
        raise error
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        AssertionError("odd"), AttributeError("odd"), KeyError("odd"), IndexError("odd"),
        OSError("odd"), RuntimeError("odd"), TypeError("odd"), ValueError("odd"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_zigpy_is_the_device_s_fault(errors, error):
    raised = raised_by(errors, error)
    assert type(raised) is DeviceFault
    assert str(raised) == f"asking the hall: {type(error).__name__}: {error}"
    assert raised.__cause__ is error


@pytest.mark.parametrize("name", ["DeliveryError", "ParsingError", "NetworkNotFormed"])
def test_so_is_what_it_has_names_for(errors, name):
    from zigpy import exceptions

    raised = raised_by(errors, getattr(exceptions, name)("odd"))
    assert str(raised) == f"asking the hall: {name}: odd"


def test_no_answer_is_no_answer_and_our_own_errors_stay(errors):
    raised = raised_by(errors, TimeoutError())
    assert (type(raised), str(raised)) == (CommandTimeout, "asking the hall: no answer")
    ours = DeviceMissing("no stick")
    assert raised_by(errors, ours) is ours
    assert raised_by(errors, ours, (DeviceMissing,)) is ours


def test_another_s_error_passes_unless_its_library_raises_it(errors):
    error = ArithmeticError("ours")
    assert raised_by(errors, error) is error
    assert type(raised_by(errors, error, (ArithmeticError,))) is DeviceFault


def test_a_long_error_is_cut(errors):
    text = "".join(chr(ord("a") + each % 26) for each in range(300))
    assert str(raised_by(errors, ValueError(text))) == f"asking the hall: ValueError: {text[:200]}"
    told = str(errors.not_opened(PORT, ValueError(text)))
    assert told == f"the stick at {PORT}: ValueError: {text[:200]}"


def because(*errors):
    """The last of them, each raised because of the one before."""
    for cause, error in itertools.pairwise(errors):
        error.__cause__ = cause
    return errors[-1]


@pytest.mark.parametrize(
    ("error", "kind", "words", "cause"),
    [
        (FileNotFoundError(2, "none"), DeviceMissing, f"there is no stick at {PORT}",
         causes.NO_STICK),
        (because(FileNotFoundError(2, "none"), OSError("no"), ValueError("no")), DeviceMissing,
         f"there is no stick at {PORT}", causes.NO_STICK),
        (because(OSError(5, "I/O"), FileNotFoundError(2, "none"), RuntimeError()), DeviceMissing,
         f"there is no stick at {PORT}", causes.NO_STICK),
        (because(OSError(5, "I/O"), PermissionError(13, "denied"), RuntimeError()), DeviceMissing,
         f"{PORT} is held by another process, or it is not ours to open",
         causes.HELD.of(port=PORT)),
        (because(OSError(5, "I/O"), RuntimeError()), LinkLost,
         f"{PORT} cannot be used: [Errno 5] I/O", causes.NO_STICK),
        (because(LookupError("odd"), RuntimeError()), DeviceFault,
         f"the stick at {PORT}: LookupError: odd", DeviceFault.cause),
    ],
)  # fmt: skip
def test_why_a_port_does_not_open_is_what_began_it(errors, monkeypatch, error, kind, words, cause):
    monkeypatch.setattr(errors, "holders", lambda port: [])
    told = errors.not_opened(PORT, error)
    assert (type(told), str(told), told.cause) == (kind, words, cause)


def test_who_holds_a_port_is_named(errors, monkeypatch):
    monkeypatch.setattr(errors, "holders", lambda port: [f"process 7 of {port}", "process 9 (b)"])
    told = errors.not_opened(PORT, PermissionError(13, "denied"))
    assert str(told) == f"{PORT} is held by process 7 of {PORT}, process 9 (b)"
