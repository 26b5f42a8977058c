"""[labels]: our own logistic units, and the printer of their labels."""

from __future__ import annotations

from pathlib import Path

from agent.config import config_file
from foundation.dataclass import dataclass
from foundation.options import option, options_of, settings_of

DPI = (203, 300, 600)


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """[labels]."""

    prefix: str = option(
        str,
        "GS1 company prefix of whoever labels units here",
        default="",
        form=r"[0-9]{4,12}",  # GS1 General Specifications, 1.4.4
        example="4012345",
    )
    extension: int = option(
        int,
        "first digit of each SSCC: another one for each gateway with this prefix",
        default=0,
        minimum=0,
        maximum=9,
    )
    first: int = option(
        int,
        "serial reference to begin with: above all that were given before, on a card that is gone",
        default=1,
        minimum=0,
        maximum=10**12,
    )
    printer: str = option(
        str,
        "address of a ZPL printer; its port is 9100 unless said",
        default="",
        example="10.0.0.20:9100",
    )
    dpi: int = option(int, "of its print head", default=203, choices=DPI, unit="dpi")


def load_labels(path: Path) -> LabelSettings:
    """Read [labels] alone; ConfigError where it is wrong."""
    file = config_file.read(path)
    found = settings_of(LabelSettings, file.section("labels", options_of(LabelSettings)))
    file.finish()
    return found
