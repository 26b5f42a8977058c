"""What zigpy and its radio libraries raise, as errors that say what was being done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import zigpy.exceptions

from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, DriverError, LinkLost
from drivers.zigbee import causes
from drivers.zigbee.host.holder import holders

TROUBLE: tuple[type[Exception], ...] = (
    zigpy.exceptions.ZigbeeException,
    zigpy.exceptions.RadioException,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zigpy raises for a stick or node that does not behave, asserts included."""


@contextlib.contextmanager
def errors_of(doing: str, trouble: tuple[type[Exception], ...] = TROUBLE) -> Iterator[None]:
    """Turn what zigpy raises into a DriverError that says what was being done."""
    try:
        yield
    except DriverError:
        raise
    except TimeoutError as error:
        raise CommandTimeout(f"{doing}: no answer") from error
    except trouble as error:
        raise DeviceFault(f"{doing}: {type(error).__name__}: {str(error)[:200]}") from error


def not_opened(port: str, error: BaseException) -> DriverError:
    """Return the error for a port that could not be opened."""
    while error.__cause__ is not None and not isinstance(
        error, FileNotFoundError | PermissionError
    ):
        error = error.__cause__
    if isinstance(error, FileNotFoundError):
        return DeviceMissing(f"there is no stick at {port}", cause=causes.NO_STICK)
    if isinstance(error, PermissionError):
        found = ", ".join(holders(port)) or "another process, or it is not ours to open"
        return DeviceMissing(f"{port} is held by {found}", cause=causes.HELD.of(port=port))
    if isinstance(error, OSError | ConnectionError):
        return LinkLost(f"{port} cannot be used: {error}", cause=causes.NO_STICK)
    return DeviceFault(f"the stick at {port}: {type(error).__name__}: {str(error)[:200]}")
