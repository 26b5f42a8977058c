"""`tallyman notarize FILE`: put a signature over a file's digest on record."""

from __future__ import annotations

import argparse
import base64
import hashlib
import mimetypes
import os
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config
from agent.cli.dock_notice import parts
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.place import gateway
from agent.cli.times import moment
from agent.desks.attachments import MOST_BYTES, TYPES
from agent.desks.control_client import ask_one
from evidence.encrypt import PublicKey, key_id, read_public, seal
from evidence.errors import EvidenceError
from foundation.counting import counted
from foundation.durable import write_output
from foundation.printing import say, say_json

HELP = "sign a file's digest and put it on record"

SEALED_TYPE = 'application/cose; cose-type="cose-encrypt"'  # RFC 9052 §11.3
MOST_KEY_BYTES = 1 << 20  # a PEM file has some hundred
UNKNOWN_TYPE = "application/octet-stream"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("file", metavar="FILE", type=Path, help="a certificate, a delivery paper")
    parser.add_argument(
        "--for", dest="about", metavar="NAME", help="the device or shipment it is about"
    )
    parser.add_argument(
        "--type", choices=TYPES, default="other", metavar="TYPE", help=", ".join(TYPES)
    )
    parser.add_argument("--name", help="its name in records; default: the file's")
    parser.add_argument(
        "--valid-from", type=moment, metavar="TIME", help="when a certificate begins"
    )
    parser.add_argument("--valid-until", type=moment, metavar="TIME", help="when it ends")
    parser.add_argument("--model", help="of a test report: the model that was tested")
    parser.add_argument("--result", choices=("passed", "failed"), help="of a test report")
    parser.add_argument("--issuer", metavar="WHO", help="who made it: the laboratory, say")
    parser.add_argument("--reference", metavar="NUMBER", help="its number there")
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        type=Path,
        metavar="KEY.pub",
        help="seal it: only the holder of the private key can read it (PEM, X25519 or P-256)",
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="SEALED", help="also write the sealed file here"
    )
    parser.add_argument("--location", metavar="URI", help="where others can get the file")
    parser.add_argument(
        "--no-copy", action="store_true", help="sign the digest only: the gateway keeps no copy"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Seal the file where asked, hand it over, and have its digest signed and recorded."""
    if None not in (args.valid_from, args.valid_until) and args.valid_from > args.valid_until:
        raise Mistake("it ends before it begins", advice="swap --valid-from and --valid-until")
    control = gateway(args).control
    file = contents(args.file, MOST_BYTES, "name the file to sign")
    if not file:
        raise Mistake(
            f"{args.file} is empty", advice="was it written completely? name another file"
        )
    request = _request(args)
    if args.to:
        file, sealed = sealed_file(args, file)
        request |= sealed
    elif args.output:
        raise Mistake("--output is for a sealed file", advice="name its readers with --to")
    digest = hashlib.sha256(file).hexdigest()
    if not args.no_copy:
        send(control, file, digest)
    request |= {"digest": digest, "bytes": len(file)}
    wanted = {name: value for name, value in request.items() if value is not None}
    answer = ask_one(control, wanted)
    tell(args, answer | {"sha256": digest, "bytes": len(file), "kept": not args.no_copy})
    return 0


def _request(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the agent is told of the file besides its bytes."""
    return {
        "verb": "notarize",
        "name": args.name or args.file.name,
        "type": args.type,
        "content_type": mimetypes.guess_type(args.file.name)[0] or UNKNOWN_TYPE,
        "kept": not args.no_copy,
        "about": args.about,
        "location": args.location,
        "valid_from_ms": args.valid_from,
        "valid_until_ms": args.valid_until,
        **{name: getattr(args, name) for name in ("model", "result", "issuer", "reference")},
    }


def sealed_file(args: argparse.Namespace, file: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the file sealed to its readers, and what the record says of that."""
    if args.no_copy and not args.output:
        raise Mistake(
            "nobody would have the sealed file",
            advice="write it with --output, or leave out --no-copy",
        )
    keys = [public_key(path) for path in args.to]
    kids = [key_id(key).hex() for key in keys]
    if len(set(kids)) != len(kids):
        raise Mistake("a reader is named twice", advice="name each key once")
    sealed = seal(file, keys, os.urandom)
    if args.output:
        write_output(args.output, sealed.data)
    return sealed.data, {
        "content_type": SEALED_TYPE,
        "commitment": sealed.commitment.hex(),
        "recipients": ", ".join(kids),
    }


def public_key(path: Path) -> PublicKey:
    """Return a reader's key; Mistake where the file holds none."""
    try:
        return read_public(contents(path, MOST_KEY_BYTES, "name a key"))
    except EvidenceError as error:
        raise Mistake(
            f"{path}: {error}",
            advice="make one: openssl genpkey -algorithm X25519 -out KEY; "
            "openssl pkey -in KEY -pubout",
        ) from error


def send(control: Path, file: bytes, digest: str) -> None:
    """Hand the file to the agent."""
    for offset, part, last in parts(file):
        encoded = base64.b64encode(part).decode()
        request = {"verb": "attach", "digest": digest, "offset": offset, "part": encoded}
        ask_one(control, request | {"last": last})


def tell(args: argparse.Namespace, answer: dict[str, Any]) -> None:
    """Say what was signed."""
    if args.json:
        say_json(answer)
        return
    say(f"record    {answer['number']}, signed by key {answer['kid']}")
    say(f"sha256    {answer['sha256']}")
    if args.to:
        readers = counted(len(args.to), "reader")
        say(f"          of the sealed file, {answer['bytes']} bytes; {readers} can open it")
    kept = "kept here, and part of bundles" if answer["kept"] else "not kept here"
    say(f"file      {kept}")
