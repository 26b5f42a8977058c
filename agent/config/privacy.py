"""[privacy]: what tells of people, and how long it stays on the gateway."""

from __future__ import annotations

from agent.journal.erasure_rule import Rule
from foundation.dataclass import dataclass
from foundation.options import option, options_of, settings_of
from foundation.toml_file import TomlFile

POSITION = frozenset({"position", "place", "mobile-network"})
"""Kinds that tell where the vehicle was; a cell of the network does so, too."""

DRIVER = frozenset({"delivery", "custody"})
"""Kinds that name who drove, gave or took over."""

MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """[privacy]; 0 days: kept for as long as there is room."""

    position_days: int = option(
        int,
        "records of where the vehicle was are erased here after so many days; 0: kept",
        default=0,
        minimum=0,
        maximum=MOST_DAYS,
        unit="days",
    )
    driver_days: int = option(
        int,
        "records that name a driver, or who gave or took over, are erased here after so many "
        "days; 0: kept",
        default=0,
        minimum=0,
        maximum=MOST_DAYS,
        unit="days",
    )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules there are."""
        every = (
            Rule("position", POSITION, self.position_days),
            Rule("driver", DRIVER, self.driver_days),
        )
        return tuple(rule for rule in every if rule.days)


def read_privacy(file: TomlFile, *, ledger: bool) -> PrivacySettings:
    """Return what [privacy] says; `ledger` tells whether nodes are configured."""
    privacy = settings_of(PrivacySettings, file.section("privacy", options_of(PrivacySettings)))
    if privacy.rules and not ledger:
        file.problem(
            ("privacy",),
            "[privacy] needs [[ledger.node]]: nothing is erased before a node has signed for it",
        )
    return privacy
