"""A gateway on this machine: its folder, its configuration, and its commands as processes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.site.consortium import Consortium
from hil.site.control import ask_agent
from hil.site.processes import Processes, program

Device = Mapping[str, str | int | float | bool]
"""One `[[device]]` table of a configuration."""


@dataclass(slots=True)
class Gateway:
    """Everything of it lies in `folder`; `name` is also that of its process and log.

    `interfaces` are its ways to the ledger, the best first; empty: the machine's routes decide.
    `runtime` is where the control socket and the last state lie instead, as in /run of a card.
    """

    folder: Path
    processes: Processes
    name: str = "truck-7"
    seal_records: int = 32
    seal_seconds: float = 5
    interfaces: str = ""
    runtime: Path | None = None

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "tallyman.toml"

    @property
    def control(self) -> Path:
        """The control socket."""
        return (self.runtime or self.folder) / "control.sock"

    def enrol(
        self,
        consortium: Consortium,
        devices: Sequence[Device],
        read_points: Sequence[Device] = (),
    ) -> None:
        """Write the configuration, pin the policy, make the keys and have them admitted."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tail = tables(devices) + "\n" + tables(read_points, "read_point")
        self.config.write_text(self._head() + consortium.stanza() + "\n" + tail)
        shutil.copy(consortium.policy, self.folder / "policy.txt")
        public = self.folder / f"{self.name}.pub"
        public.write_text(self.tallyman("keys", "--public"))
        consortium.admit(public)

    def _head(self) -> str:
        return (
            f'[gateway]\nname = "{self.name}"\nstate_dir = "state"\ncontrol = "{self.control}"\n\n'
            f"[batch]\nrecords = {self.seal_records}\nseconds = {self.seal_seconds}\n\n"
            f'[uplink]\ninterfaces = "{self.interfaces}"\n\n'
            '[ledger]\npolicy = "policy.txt"\n\n'
        )

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Start the agent; `env` is the rig's."""
        self.processes.start(self.name, self.argv("run"), env)

    def argv(self, verb: str, *rest: str) -> list[str]:
        """Return the command line of `tallyman VERB` for this gateway."""
        return [program("tallyman"), verb, "--config", str(self.config), *rest]

    def tallyman(self, verb: str, *rest: str, **environ: str) -> str:
        """Run `tallyman VERB` to its end; return what it printed."""
        return self.processes.command(self.argv(verb, *rest), env=environ)

    def status(self) -> dict[str, Any]:
        """Ask the running agent how it does."""
        (status,) = ask_agent(self.control, {"verb": "status"})
        return dict(status)


def tables(devices: Sequence[Device], name: str = "device") -> str:
    """Return devices, say, as TOML; JSON's strings and numbers are TOML's."""
    return "\n".join(
        f"[[{name}]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in device.items())
        for device in devices
    )
