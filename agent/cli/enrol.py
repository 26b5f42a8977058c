"""`tallyman enrol`: from the seed on a fresh card to a gateway that the ledger knows."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from agent.cli import keys as keys_verb
from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.place import config_path
from agent.cli.run import configure_log
from agent.config.gateway import SYSTEM_STATE_DIR, load_gateway
from agent.config.location import SYSTEM_CONFIG
from agent.config.settings import load
from agent.config.signing import load_keeper
from agent.enrolment.exchange import exchange, pin
from agent.enrolment.preparation import Place, is_enrolled, prepare, remember
from agent.enrolment.seed import Seed, SeedUnusable, read_seed
from agent.enrolment.self_test import Result, self_test
from agent.signing.identity import Identity, take_place
from agent.signing.keys import Keys
from drivers import catalog
from foundation.counting import counted, plural
from foundation.durable import lock_file, make_state_dir
from foundation.printing import complain, say_each, say_json
from foundation.toml_file import Problem

HELP = "enrol this gateway with the ledger, with the seed on its card"

SEEDS = (Path("/boot/firmware/tallyman-seed.toml"), Path("/boot/tallyman-seed.toml"))
"""Where the FAT partition of a card is mounted: since Debian 12, and before."""

CREDENTIAL = "tallyman.seed"
"""The seed as a system credential (systemd.exec(5)): for virtual machines and netboot."""

PROFILES = (Path("/etc/tallyman/profiles"), Path("/opt/tallyman/share/profiles"))
"""A site's own profiles come before ours."""

LOCK = "enrol.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.epilog = "Safe to repeat: what is done already stays as it is."
    add = parser.add_argument
    add("--seed", metavar="FILE", type=Path, help=f"default: {SEEDS[0]}")
    default = f"default: as the configuration says, else {SYSTEM_STATE_DIR}"
    add("--state-dir", metavar="DIR", type=Path, help=default)
    add("--profiles", metavar="DIR", type=Path, help=f"default: {PROFILES[0]}, then the package's")
    add(
        "--prepare",
        action="store_true",
        help="make keys, policy and configuration only; no network",
    )
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Enrol, then test the devices; 0 once the ledger has admitted the gateway."""
    os.umask(0o077)
    configure_log(verbose=False)
    profiles = PROFILES if args.profiles is None else (args.profiles,)
    config = config_path(args)
    place = Place(config, state_folder(args.state_dir, config), profiles)
    path = find_seed(args.seed, os.environ)
    if path is None:
        return without_seed(place, args.seed or SEEDS[0], as_json=args.json)
    make_state_dir(place.state_dir)
    with lock_file(place.state_dir / LOCK):
        seed = read_seed(path)
        if seed.place_of is not None:
            place_of = seed.place_of
            take_place(place.state_dir, place_of.gateway, place_of.follows, os.urandom)
        prepare(seed, place, catalog)
        _, signing = load_keeper(place.config)
        identity, keys = keys_verb.load(place.state_dir, keys_verb.store(signing))
        if args.prepare:
            told = {"gateway": seed.label, "configuration": str(place.config)}
            tell(told, [f"{seed.label} is prepared: {place.config}"], as_json=args.json)
            return 0
        enrol(seed, place, identity, keys)
    results = self_test(load(place.config, catalog), catalog)
    rows = page(seed, identity, keys, results)
    tell(enrolled(seed, identity, keys, results), rows, as_json=args.json)
    return 0


def state_folder(option: Path | None, config: Path) -> Path:
    """Return the state folder that was named, or that of the gateway of this configuration.

    Mistake where the configuration is not the system's and not there yet: its gateway must not
    take the system's.
    """
    if option is not None:
        return option.absolute()
    if config.exists():
        return load_gateway(config).state_dir
    if config != SYSTEM_CONFIG:
        raise Mistake(
            f"{config} is not there yet, and the system's state folder is another gateway's",
            advice="name its own: --state-dir DIR",
        )
    return Path(SYSTEM_STATE_DIR)


def tell(told: Mapping[str, object], lines: Iterable[str], *, as_json: bool) -> None:
    """Print what was done, for programs or for people."""
    if as_json:
        say_json(told)
    else:
        say_each(lines)


def enrolled(
    seed: Seed, identity: Identity, keys: Keys, results: Sequence[Result]
) -> dict[str, object]:
    """Return what the page tells, as plain values."""
    return {
        "name": seed.label,
        "gateway": identity.gateway,
        "statement": keys.statement.public.kid.hex(),
        "curve": keys.curve.public.decode(),
        "devices": [asdict(result) for result in results],
    }


def find_seed(option: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the seed to use: the one that was named, a credential, or the card's."""
    if option is not None:
        return option if option.exists() else None
    credential = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / CREDENTIAL
    return next((path for path in (credential, *SEEDS) if path.exists()), None)


def without_seed(place: Place, path: Path, *, as_json: bool) -> int:
    """Say what is so; SeedUnusable where nothing was ever done here."""
    if not place.state.exists():
        text = "there is no seed here, and this gateway is not enrolled"
        raise SeedUnusable(path, [Problem(0, text)])
    told = {"enrolled": True, "state": str(place.state)}
    tell(told, [f"already enrolled; see {place.state}"], as_json=as_json)
    return 0


def enrol(seed: Seed, place: Place, identity: Identity, keys: Keys) -> None:
    """Have the node admit the gateway, note it, and only then erase the seed."""
    if not is_enrolled(seed, place):
        pin(asyncio.run(exchange(seed, identity, keys, os.urandom, asyncio.sleep)), place)
        remember(seed, place)
    try:
        seed.erase()
    except OSError as error:
        complain(f"{seed.path} cannot be erased: {error.strerror}; its token is used up")


def page(seed: Seed, identity: Identity, keys: Keys, results: Sequence[Result]) -> Iterator[str]:
    """Yield what the person in front of the gateway wants to see."""
    yield f"{seed.label} is enrolled: {seed.site}, {seed.profile}"
    yield f"gateway    {identity.gateway}"
    yield f"statement  {keys.statement.public.kid.hex()}"
    yield f"curve      {keys.curve.public.decode()}"
    answered = sum(not result.fault for result in results)
    whole = counted(len(results), "device")
    yield f"self-test  {answered} of {whole} {plural(len(results), 'answers', 'answer')}"
    for result in results:
        yield f"  {result.device}: {result.fault or 'ok'}"
        if result.fault and result.advice:
            yield f"    next: {result.advice}"
