"""A consortium on this machine: a sequencer and its witnesses, each a `tallyman-ledger` process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hil.site.ports import at, free_ports
from hil.site.processes import Processes, program

ORIGIN = "demo.tallyman.example/log"
MEMBERS = ("harbour", "insurer", "carrier", "customs")
"""The first runs the sequencer, and cosigns with a key of its own besides."""

QUORUM = 3


@dataclass(slots=True)
class Consortium:
    """Its nodes' folders lie in `folder`; a checkpoint wants `quorum` of the members."""

    folder: Path
    processes: Processes
    members: Sequence[str] = MEMBERS
    quorum: int = QUORUM
    seen_as: str | None = None
    """The address under which gateways reach the sequencer; None for this machine's own. Where it
    is given, gateways may enrol, too."""
    ports: list[int] = field(default_factory=list)

    @property
    def sequencer(self) -> str:
        """The member whose node gives entries their place."""
        return self.members[0]

    @property
    def witnesses(self) -> Sequence[str]:
        """The other members."""
        return self.members[1:]

    @property
    def policy(self) -> Path:
        """The policy file as the sequencer's operator gives it out."""
        return self.path(self.sequencer, "policy.txt")

    def found(self) -> None:
        """Make all keys, the policy, and introduce the members to each other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports = free_ports(len(self.members) + 1)
        for name, port in zip(self.witnesses, self.ports[1:-1], strict=True):
            self.command("init", name, "--name", name, "--role", "witness", "--listen", at(port))
        publics = [("--witness", str(self.path(name, "node.pub"))) for name in self.witnesses]
        self.command(
            "init", self.sequencer, "--name", self.sequencer, "--role", "sequencer",
            "--origin", ORIGIN, "--listen", at(self.ports[0]), "--quorum", str(self.quorum),
            *self._for_others(), *(word for pair in publics for word in pair),
        )  # fmt: skip
        public = str(self.path(self.sequencer, "node.pub"))
        for name in self.witnesses:
            self.command("pin", name, "--policy", str(self.policy), "--sequencer", public)

    def _for_others(self) -> list[str]:
        if self.seen_as is None:
            return []
        endpoint = f"tcp://{self.seen_as}:{self.ports[0]}"
        return ["--endpoint", endpoint, "--enrol", at(self.ports[-1])]

    def seed(self, label: str, profile: Path) -> str:
        """Return the seed of a new gateway, with a token of its own; `profile` is its file."""
        words = ["--site", "bench", "--label", label, "--expires", "1d"]
        words += ["--profile", profile.stem, "--profiles", str(profile.parent)]
        folder = str(self.path(self.sequencer))
        return self.processes.command([program("tallyman-ledger"), "token", "new", folder, *words])

    def start(self) -> None:
        """Start every node."""
        for name in self.members:
            self.start_node(name)

    def start_node(self, name: str) -> None:
        """Start one member's node."""
        self.processes.start(name, [program("tallyman-ledger"), "run", str(self.path(name))])

    def admit(self, public: Path) -> None:
        """Let a gateway in, by the file that `tallyman keys --public` wrote."""
        self.command("admit", self.sequencer, str(public))

    def stanza(self) -> str:
        """Return the `[[ledger.node]]` table that a gateway's configuration needs."""
        return self.command("show", self.sequencer)

    def path(self, name: str, file: str = "") -> Path:
        """Return the folder of a member's node, or a file in it."""
        return self.folder / name / file

    def command(self, verb: str, name: str, *rest: str) -> str:
        """Run `tallyman-ledger VERB` on a member's folder; return what it printed."""
        argv = [program("tallyman-ledger"), verb, str(self.path(name)), *rest]
        return self.processes.command(argv)
