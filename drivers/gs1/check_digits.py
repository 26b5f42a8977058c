"""Check digits and check characters of GS1 keys (GS1 General Specifications, §7.9). Pure."""

from __future__ import annotations

# §7.9.5: a character's weight is its place in each of these.
_DATA_CHARACTERS = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
_PAIR_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_MODULUS = 1021
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
PAIR = 2  # characters


def check_digit(digits: str) -> str:
    """Return the check digit that belongs behind `digits` (§7.9.1)."""
    total = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def with_check_digit(digits: str) -> str:
    """Return `digits` and their check digit."""
    return digits + check_digit(digits)


def check_pair(text: str) -> str:
    """Return the two check characters that belong behind `text` (§7.9.5).

    `text` has up to 23 characters of GS1's set 82, as a GMN and a HIDRI have.
    """
    weighted = zip(reversed(text), _PRIMES, strict=False)
    total = sum(_DATA_CHARACTERS.index(char) * prime for char, prime in weighted) % _PAIR_MODULUS
    return _PAIR_CHARACTERS[total >> 5] + _PAIR_CHARACTERS[total & 31]
