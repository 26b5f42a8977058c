"""Makes drivers/gs1/ai_table.py of GS1's Barcode Syntax Dictionary:

python -m tests.drivers.gs1.make_ai_table gs1-syntax-dictionary.txt > drivers/gs1/ai_table.py

GS1 publishes the dictionary as a part of its Barcode Syntax Resource. Taken from it are facts: which
AIs there are, the parts of their values, where no FNC1 is needed, what excludes each other, and what
stands in a Digital Link. Titles and the AIs that one requires are left out (docs/decisions/codes.md).
"""

import argparse
import re
from pathlib import Path

TYPES = {"N": "n", "X": "x", "Y": "y", "Z": "z"}
CHECKS = {
    "couponcode": "coupon", "couponposoffer": "coupon", "csum": "check", "csumalpha": "pair",
    "gcppos1": "company", "gcppos2": "company+1", "hasnondigit": "mixed", "hh": "hour",
    "hhmi": "time", "hyphen": "minus", "iban": "iban", "importeridx": "importer",
    "iso3166": "country", "iso3166999": "country-or-none", "iso3166alpha2": "country-letters",
    "iso4217": "currency", "iso5218": "sex", "latitude": "latitude", "longitude": "longitude",
    "mediatype": "media", "mi": "minute", "nonzero": "nonzero", "nozeroprefix": "unpadded",
    "packagetype": "package", "pcenc": "escaped", "pieceoftotal": "piece",
    "posinseqslash": "birth", "ss": "second", "winding": "winding", "yesno": "yes-no",
    "yymmd0": "date", "yymmdd": "day", "yyyymmdd": "full-day", "zero": "zero",
}  # fmt: skip
HEAD = '''\
"""The application identifiers of GS1, as facts. Made by tests/drivers/gs1/make_ai_table.py.

A row has the AIs; the parts of their value; flags: P for a length that is predefined, so that no
FNC1 follows, A for an attribute of a Digital Link; what excludes them, n for any digit; and for a
key of a Digital Link the qualifiers that may follow it, in order, | between alternatives.

A part is n for digits, x and y for the characters of the General Specifications' figures 7.11-1 and
7.11-2, z for base64 of URLs, then its length, and after a colon its checks (`value_checks`). One in
brackets may be missing.
"""

ROWS = (
'''
LINE = re.compile(
    r"(?P<ais>\d[-\d]*)(?P<flags> +[^\sA-Z]+)?(?P<parts>( +\[?[NXYZ][.\d]+[^ ]*)+)(?P<rest>.*)"
)


def part(text):
    """`N14,csum,gcppos2` → `n14:check,company+1`, in brackets where it was."""
    form, *checks = text.split(",")
    length = TYPES[form.strip("[]")[0]] + form.strip("[]")[1:]
    made = length + (":" + ",".join(CHECKS[check] for check in checks) if checks else "")
    return f"[{made}]" if form.startswith("[") else made


def row(line):
    """One line of the dictionary as a row, or None for a comment."""
    found = LINE.match(line.partition("#")[0].rstrip())
    if found is None:
        return None
    flags = found["flags"] or ""
    marks = "P" * ("*" in flags) + "A" * ("?" in flags)
    given = {word.partition("=")[0]: word.partition("=")[2] for word in found["rest"].split()}
    path = (given["dlpkey"] or "-") if "dlpkey" in given else ""
    parts = " ".join(map(part, found["parts"].split()))
    return (
        found["ais"],
        parts,
        marks,
        given.get("ex", "").replace(",", " "),
        path.replace(",", " "),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary", type=Path)
    rows = filter(None, map(row, parser.parse_args().dictionary.read_text().splitlines()))
    print(HEAD + "".join(f"    {made!r},\n".replace("'", '"') for made in rows) + ")")


if __name__ == "__main__":
    main()
