"""What a quantity counts: pieces, packages, or weight, by the code behind it. Pure.

Codes are those of UN/ECE recommendations 20 and 21, as EDIFACT (data element 6411), GS1 XML and UBL
use them, and of X12 data element 355. The same letters mean different things in the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.dock.notice import NoticeError

POUND_G, OUNCE_G = 453.59237, 28.349523125  # exactly, since 1959

_PACKAGE = "X"
"""In recommendation 20 the codes of packages, those of 21, have it before them: XCT, a carton."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One unit: so many `pieces`, a `package` of that name, or so many `grams`.

    One that is not `said` counts pieces, unless a table of articles knows better.
    """

    pieces: int = 0
    package: str = ""
    grams: float = 0.0
    said: bool = True


PIECE, KILOGRAM = Measure(pieces=1), Measure(grams=1000)
UNSAID = Measure(pieces=1, said=False)
_EVERYWHERE = {
    "": UNSAID,
    "EA": PIECE,
    "BG": Measure(package="bag"),
    "BO": Measure(package="bottle"),
    "BX": Measure(package="box"),
    "CR": Measure(package="crate"),
    "CT": Measure(package="carton"),
    "DR": Measure(package="drum"),
    "PK": Measure(package="package"),
    "PR": Measure(pieces=2),
}
RECOMMENDED: Mapping[str, Measure] = {
    **_EVERYWHERE,
    "PCE": PIECE,
    "C62": PIECE,
    "H87": PIECE,
    "NAR": PIECE,
    "SET": PIECE,
    "NPR": Measure(pieces=2),
    "DZN": Measure(pieces=12),
    "CEN": Measure(pieces=100),
    "GRO": Measure(pieces=144),
    "MIL": Measure(pieces=1000),
    "CA": Measure(package="can"),
    "CS": Measure(package="case"),
    "PA": Measure(package="packet"),
    "PX": Measure(package="pallet"),
    "RO": Measure(package="roll"),
    "SA": Measure(package="sack"),
    "TB": Measure(package="tub"),
    "TN": Measure(package="tin"),
    "TU": Measure(package="tube"),
    "KGM": KILOGRAM,
    "GRM": Measure(grams=1),
    "TNE": Measure(grams=1_000_000),
    "LBR": Measure(grams=POUND_G),
    "ONZ": Measure(grams=OUNCE_G),
}
"""UN/ECE recommendations 20 and 21; PCE is the older code of the piece."""

X12: Mapping[str, Measure] = {
    **_EVERYWHERE,
    "PC": PIECE,
    "UN": PIECE,
    "ST": PIECE,
    "KT": PIECE,
    "HD": Measure(pieces=6),
    "DZ": Measure(pieces=12),
    "GS": Measure(pieces=144),
    "CA": Measure(package="case"),
    "CN": Measure(package="can"),
    "JR": Measure(package="jar"),
    "PL": Measure(package="pallet"),
    "RL": Measure(package="roll"),
    "TB": Measure(package="tube"),
    "TY": Measure(package="tray"),
    "KG": KILOGRAM,
    "GR": Measure(grams=1),
    "LB": Measure(grams=POUND_G),
    "OZ": Measure(grams=OUNCE_G),
}
"""X12 data element 355."""

_DOZEN, _GRAM, _POUND = Measure(pieces=12), Measure(grams=1), Measure(grams=POUND_G)
_SPELLED: Mapping[Measure, str] = {
    PIECE: "ea each pc pcs pce piece pieces unit units st stk stck stück stueck pz pezzo pezzi nr "
    "szt szt. szt. c62 h87 nar 个 件",
    Measure(package="carton"): "ct ctn carton cartons kar krt karton kartons cartone cartoni 箱",
    Measure(package="case"): "cs case cases cassa casse",
    Measure(package="box"): "bx box boxes kiste kisten scatola scatole",
    Measure(package="package"): "pk pkg pack packs package packages packung pak paket pacco",
    Measure(package="pallet"): "pal pallet pallets palette paletten bancale paleta px",
    _DOZEN: "dz dzn doz dozen dtz dutzend dozzina",
    KILOGRAM: "kg kgm kilo 千克 公斤",
    _GRAM: "g gr grm",
    _POUND: "lb lbs lbr",
}
WRITTEN: Mapping[str, Measure] = {
    word: unit for unit, words in _SPELLED.items() for word in words.split()
}
"""As people write them in a table, in small letters; what may be two things (`ca`) is not there."""


def measure(code: str, table: Mapping[str, Measure], place: str) -> Measure:
    """Return what a code counts; NoticeError for what is no count, nor weight."""
    found = table.get(code.strip())
    if found is None and code.startswith(_PACKAGE) and table is RECOMMENDED:
        found = table.get(code.strip().removeprefix(_PACKAGE))
        found = found if found is not None and found.package else None
    if found is None:
        raise NoticeError(
            f"{place}: a quantity in {code[:10]!r} is no count of pieces or packages, and no "
            "weight: ask the supplier for pieces"
        )
    return found
