"""`python -m hil VERB …`: the bench's commands. Only the verb's own module is imported."""

from __future__ import annotations

import sys

from foundation.console import told
from foundation.errors import AgentError
from foundation.parser import Parser
from foundation.printing import complain
from foundation.streams import denied, forget_output, prepare_streams
from foundation.verbs import Verb, help_line, load

VERBS = {
    "up": "hil.rig.up",
    "tell": "hil.rig.tell",
    "emulate": "hil.rig.emulate",
    "replay": "hil.rig.replay",
    "driver": "hil.driver_kit.verb",
    "campaign": "hil.campaign.verb",
    "mutants": "hil.mutants.verb",
    "code-mutants": "hil.code_mutants.verb",
    "noise": "hil.noise.verb",
    "plausibility": "hil.plausibility.verb",
    "goods": "hil.goods.verb",
    "days": "hil.days.verb",
    "device-bytes": "hil.budgets.device_bytes",
    "causes": "hil.causes.verb",
    "demo": "hil.demo.verb",
    "bench": "hil.budgets.bench",
    "bench-peers": "hil.side_by_side.verb",
    "boot-test": "hil.boot.campaign",
}
"""Verb → module, whose HELP says what it does."""


def main(argv: list[str]) -> int:
    """Run the verb that `argv` names and return its exit code."""
    prepare_streams()
    parser = Parser("python -m hil", "The bench: emulated devices, and what befalls them.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    chosen = next((word for word in argv if not word.startswith("-")), None)
    module: Verb | None = None
    for name, path in VERBS.items():
        text = help_line(path)
        verb_parser = verbs.add_parser(name, help=text, description=text)
        if name == chosen:
            module = load(path)
            module.add_arguments(verb_parser)
    try:
        args = parser.parse_args(argv)
        assert module is not None
        code = module.run(args)
        sys.stdout.flush()
    except AgentError as error:
        return report(error)
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        forget_output()
        return 0
    except OSError as error:
        return report(denied(error))
    return code


def report(error: AgentError) -> int:
    """Print an error and its next step; return the exit code."""
    for line in told(error, fold=sys.stderr.isatty()):
        complain(line)
    return error.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
