"""Random labels of the forms that pallets and boxes carry, and what becomes of them on the way."""

import os
import random
from pathlib import Path

from tests.drivers.gs1.by_hand import check_digit

CHECKOUT = Path(__file__).parents[3]
VERDICTS = (
    Path(os.environ.get("TALLYMAN_DATA", CHECKOUT.parent / "shared" / "data"))
    / "gs1"
    / "verdicts.jsonl"
)

GS = "\x1d"
DIGITS = "0123456789"
LETTERS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PREDEFINED = ("00", "01", "02", "15", "17", "3102", "3103")  # none of these needs FNC1 behind it
LONGEST = {"10": 20, "21": 20, "37": 8}

FORMS = {
    "01+10+21 letters": ("01", "10", "21"),
    "01+10+21 digits": ("01", "10", "21"),
    "01+21+17+10 letters": ("01", "21", "17", "10"),
    "01+21+17+10 digits": ("01", "21", "17", "10"),
    "02+37+15+10 letters": ("02", "37", "15", "10"),
    "02+37+3102+15+10 letters": ("02", "37", "3102", "15", "10"),
    "01+10+3103 letters": ("01", "10", "3103"),
    "01+10+37 letters": ("01", "10", "37"),
    "01+10+17 letters": ("01", "10", "17"),
}
"""Forms of labels: the AIs in their order, and which characters lot and serial number have."""


def label(form, rng):
    """One label of a form, as pairs of AI and value."""
    alphabet = DIGITS if form.endswith("digits") else LETTERS
    return [(ai, _value(ai, alphabet, rng)) for ai in FORMS[form]]


def _value(ai, alphabet, rng):
    match ai:
        case "01" | "02":
            body = rng.choice("123456789") + "95" + _some(DIGITS, 10, rng)
            return body + check_digit(body)
        case "15" | "17":
            return f"{rng.randint(24, 30)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
        case "37":
            return str(rng.randint(1, 9999))
        case "3102" | "3103":
            return _some(DIGITS, 6, rng)
    return _some(alphabet, rng.randint(3, 20), rng)


def _some(alphabet, count, rng):
    return "".join(rng.choice(alphabet) for _ in range(count))


def sent(elements, *, fnc1=True):
    """What a scanner sends of a label, or one that eats FNC1."""
    parts = [ai + value + (GS if ai not in PREDEFINED else "") for ai, value in elements]
    text = "".join(parts).removesuffix(GS)
    return text if fnc1 else text.replace(GS, "")


def provably_cut(elements):
    """Whether a label without its FNC1s shows by itself that some are missing."""
    for at, (ai, value) in enumerate(elements):
        if ai not in PREDEFINED:
            behind = "".join(inner + more for inner, more in elements[at + 1 :])
            return len(value + behind) > LONGEST[ai]
    return False


def mutated(data, rng):
    """Bytes as a bad cable, a wrong setting or a second scanner makes them."""
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(damaged) + 1)
        match rng.randrange(5):
            case 0 if at < len(damaged):
                damaged[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(damaged):
                del damaged[at : at + rng.randint(1, 8)]
            case 2:
                damaged[at:at] = rng.randbytes(rng.randint(1, 8))
            case 3:
                damaged[at:at] = damaged[: rng.randint(0, 200)] * rng.randint(1, 40)
            case _:
                damaged[at:at] = rng.choice([b"\x1d", b"]C1", b"(", b"%", b"\r", b"\0"])
    return bytes(damaged)


def seeded(seed=20):
    """Randomness that is the same every time."""
    return random.Random(seed)
