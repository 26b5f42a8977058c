"""The numbers of our own logistic units, SSCC (GS1 General Specifications, 3.2, AI 00). Pure.

extension digit · GS1 company prefix · serial reference · check digit      18 digits in all
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.dock.goods_identity import SSCC_DIGITS, check_digit


@dataclass(frozen=True, slots=True)
class OwnUnits:
    """The SSCCs that one gateway may give: of one extension digit and one company prefix."""

    extension: int
    prefix: str

    @property
    def digits(self) -> int:
        """How many digits a serial reference has."""
        return SSCC_DIGITS - 2 - len(self.prefix)

    @property
    def highest(self) -> int:
        """The last serial reference that there is."""
        return int(10**self.digits) - 1

    @property
    def name(self) -> str:
        """What all of them begin with."""
        return f"{self.extension}{self.prefix}"

    def sscc(self, reference: int) -> str:
        """Return the SSCC with a serial reference."""
        assert 0 <= reference <= self.highest
        body = f"{self.name}{reference:0{self.digits}d}"
        return body + check_digit(body)

    def reference(self, sscc: str) -> int | None:
        """Return the serial reference of an SSCC, None where it is not one of these."""
        if not sscc.startswith(self.name):
            return None
        return int(sscc[len(self.name) : -1])
