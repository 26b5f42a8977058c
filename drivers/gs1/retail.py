"""The digits of EAN, UPC and ITF symbols to GTINs of 14 digits. Pure.

Not every such number is a GTIN: shops and countries number what only they sell (restricted
circulation), and coupons have numbers, too. UPC-E and EAN-8 both have 8 digits and mean others.
"""

from __future__ import annotations

from drivers.gs1.characters import DIGITS
from drivers.gs1.check_digits import check_digit
from drivers.gs1.errors import Fault, Gs1Error

GTIN_DIGITS = 14
EAN_13, UPC_A, SHORT = 13, 12, 8
LENGTHS = (SHORT, UPC_A, EAN_13)
SUPPLEMENTS = (2, 5)  # digits
WITH_SUPPLEMENT, ONLY_EAN_8 = "3", "4"  # modifiers of ]E (ISO/IEC 15424)

# GS1 General Specifications, §1.4.2: prefixes of 3 digits that no article has.
RESTRICTED = frozenset(f"{number:03d}" for number in (*range(20, 30), *range(40, 50)))
RESTRICTED |= frozenset(f"{number:03d}" for number in range(200, 300))
COUPONS = frozenset(f"{number:03d}" for number in (*range(50, 60), *range(980, 985)))
COUPONS |= frozenset(f"{number:03d}" for number in range(990, 1000))
SHORT_RESTRICTED = ("0", "2")  # §1.4.3: first digits of 8
NUMBER_SYSTEMS = ("0", "1")  # what a UPC-E begins with (§5.2.2.4)


def is_checked(digits: str) -> bool:
    """Whether the check digit is right; zeros alone, whose is, are nobody's number."""
    if not digits or not DIGITS.issuperset(digits) or not digits.strip("0"):
        return False
    return check_digit(digits[:-1]) == digits[-1]


def is_article(gtin: str) -> bool:
    """Whether a GTIN of 14 digits is one of the world's, not of one shop, country or coupon."""
    if gtin.startswith("000000"):
        return not gtin[-SHORT:].startswith(SHORT_RESTRICTED)
    return gtin[1:4] not in RESTRICTED | COUPONS


def expanded(upc_e: str) -> str | None:
    """Return the UPC-A of 8 digits of a UPC-E; None when it is none (§5.2.2.4.2)."""
    system, body, last = upc_e[0], upc_e[1:7], upc_e[6]
    if system not in NUMBER_SYSTEMS:
        return None
    if last in "012":
        payload = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        payload = body[:3] + "00000" + body[3:5]
    elif last == "4":
        payload = body[:4] + "00000" + body[4]
    else:
        payload = body[:5] + "0000" + last
    upc_a = system + payload + upc_e[7]
    return upc_a if is_checked(upc_a) else None


def of_symbol(text: str, modifier: str) -> str:
    """Return the number of an EAN/UPC symbol, by the modifier behind ]E, as 14 digits.

    Gs1Error says what is wrong with the digits. Whether it is an article's, `is_article` tells.
    """
    digits = _without_supplement(text) if modifier == WITH_SUPPLEMENT else text
    if len(digits) not in LENGTHS or not DIGITS.issuperset(digits):
        raise Gs1Error(Fault.LENGTH, f"an EAN/UPC code of {len(text)} characters")
    if modifier == ONLY_EAN_8 and len(digits) != SHORT:
        raise Gs1Error(Fault.LENGTH, f"an EAN-8 code of {len(text)} characters")
    if modifier != ONLY_EAN_8 and len(digits) == SHORT:
        digits = _as_upc_e(digits, modifier)
    if not is_checked(digits):
        right = check_digit(digits[:-1])
        raise Gs1Error(
            Fault.CHECK_DIGIT, f"the check digit of {digits} is not {right}, which belongs there"
        )
    return digits.zfill(GTIN_DIGITS)


def _without_supplement(text: str) -> str:
    supplement = text[EAN_13:]
    if len(supplement) not in SUPPLEMENTS or not DIGITS.issuperset(supplement):
        raise Gs1Error(Fault.LENGTH, f"an EAN/UPC code of {len(text)} characters")
    return text[:EAN_13]


def _as_upc_e(digits: str, modifier: str) -> str:
    """Return the UPC-A of 8 digits that did not come as EAN-8."""
    upc_a = expanded(digits)
    if upc_a is None:
        raise Gs1Error(
            Fault.CHECK_DIGIT, f"{digits} behind ]E{modifier} is no UPC-E, and EAN-8 comes as ]E4"
        )
    return upc_a


def of_shape(digits: str) -> str | None:
    """Return the number that digits without a symbology are by count and check digit, or None.

    It has 14 digits, as in `of_symbol`. Gs1Error for 8 digits that are a UPC-E as well as an EAN-8.
    """
    if not DIGITS.issuperset(digits) or len(digits) not in {*LENGTHS, GTIN_DIGITS}:
        return None
    upc_a = expanded(digits) if len(digits) == SHORT else None
    if upc_a is None:
        return digits.zfill(GTIN_DIGITS) if is_checked(digits) else None
    if is_checked(digits):
        raise Gs1Error(
            Fault.UNSUPPORTED,
            f"{digits} is UPC-E for {upc_a}, or EAN-8: the scanner did not say which",
        )
    return upc_a.zfill(GTIN_DIGITS)
