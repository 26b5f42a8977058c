"""How long the company prefix of a key is, by the list that biip carries. Pure."""

from __future__ import annotations

from drivers.gs1.keys import Keys

# Where a key's digits begin that the prefix stands in: GTIN and SSCC have one before it.
_BEGINS = dict.fromkeys(("00", "01", "02", "03"), 1) | {f"41{kind}": 0 for kind in range(8)}
_GTIN_8 = "000000"  # before the 8 digits: these have no company prefix


def prefix_digits(keys: Keys) -> int | None:
    """Return the length of the company prefix of the first key that it is known of."""
    from biip.gs1_prefixes import GS1CompanyPrefix  # noqa: PLC0415  0.1 s that `decode` pays alone

    for ai, value in keys.items():
        if ai not in _BEGINS or value.startswith(_GTIN_8):
            continue
        prefix = GS1CompanyPrefix.extract(value[_BEGINS[ai] :])
        if prefix is not None:
            return len(prefix.value)
    return None
