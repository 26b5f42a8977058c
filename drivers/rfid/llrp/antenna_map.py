"""Lists of antennas in a configuration: `1-4: door 2, 5: door 3`. Pure."""

from __future__ import annotations

MOST_ANTENNAS = 256  # an xArray has 52 beams; as many as one ROSpec of 64 KiB can configure


def antenna_map(text: str) -> dict[int, str]:
    """Return antenna → value of `N: value`, `N-M: value` and plain `N`, parted by commas.

    Raises ValueError that says which part is wrong.
    """
    found: dict[int, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        numbers, _, value = part.partition(":")
        for antenna in _range(numbers.strip()):
            if antenna in found:
                raise ValueError(f"antenna {antenna} is named twice")
            found[antenna] = value.strip()
    return found


def antenna_numbers(text: str, low: float, high: float, what: str) -> dict[int, float]:
    """Return an antenna map whose values are numbers from `low` to `high`."""
    found: dict[int, float] = {}
    for antenna, value in antenna_map(text).items():
        try:
            found[antenna] = float(value)
        except ValueError:
            raise ValueError(f"antenna {antenna} needs {what}, not {value!r}") from None
        if not low <= found[antenna] <= high:
            raise ValueError(f"antenna {antenna}: {what} must be from {low:g} to {high:g}")
    return found


def _range(text: str) -> range:
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f"{text!r} is not an antenna")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers[0] < 1 or numbers[-1] > MOST_ANTENNAS:
        raise ValueError(f"antennas are numbered from 1 to {MOST_ANTENNAS}, not {text}")
    return numbers
