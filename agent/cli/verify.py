"""`tallyman verify BUNDLE --policy POLICY`: check a bundle offline, without agent or ledger."""

from __future__ import annotations

import argparse
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from agent.cli.given_files import at_most, bundle_file, no_policy, policy_file, why
from agent.cli.progress import ProgressLine
from agent.cli.stamp import PLAIN_NAME, REASON, Stamp, add_authority, authorities
from agent.cli.verdict_json import as_json
from agent.cli.verdict_page import page
from agent.timestamps.stamped import apart
from evidence.bundle import MAX_FILE_BYTES
from evidence.encrypt import NotForThisKey, PrivateKey, open_sealed, read_private
from evidence.errors import EvidenceError, MalformedError, UntrustedError
from evidence.log_set import LogSet
from evidence.report import Attachment, Outcome, Report
from evidence.verify import verify_bundle
from foundation.durable import advice_for, write_output
from foundation.errors import AgentError
from foundation.printing import say_each, say_json
from foundation.streams import whoever_reads

HELP = "check a bundle offline against a pinned policy"

CLOSING_BYTES = 34  # docs/PROTOCOL.md, "Bundle"
SEALED_SUFFIX = ".cose"
MAX_KEY_BYTES = 64 << 10
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


FAILURE = int(Outcome.UNREADABLE)
"""The exit code of whatever keeps it from a verdict: 1 and 2, as of other verbs, would be one."""

EXIT_CODES = (
    "exit codes: 0 authentic and complete; 1 altered; 2 incomplete; 3 not anchored; "
    "4 unreadable, or not checked"
)


class Unusable(AgentError):
    """A file given beside the bundle cannot be read, or a folder not be written."""

    exit_code = FAILURE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle's file")
    parser.add_argument(
        "--policy",
        type=Path,
        required=True,
        help="policy to check it against; get it from someone "
        "you trust, not from whoever gave you the bundle",
    )
    parser.add_argument(
        "--attach",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a file that came with the bundle: is it the one that a record names?",
    )
    parser.add_argument("--extract", type=Path, metavar="DIR", help="write attached files there")
    parser.add_argument(
        "--decrypt", type=Path, metavar="KEY", help="open sealed files with this private key (PEM)"
    )
    add_authority(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")
    parser.add_argument("--records", action="store_true", help="also print every record shown")


def run(args: argparse.Namespace) -> int:
    """Print the verdict; return its exit code (docs/PROTOCOL.md, "Verification")."""
    key = None if args.decrypt is None else private_key(args.decrypt)
    pinned = None if args.authority is None else authorities(args.authority)
    report, policy, data, token = checked(args)
    stamp = None if token is None else Stamp(data, token)
    if stamp is not None:
        stamp.check(report, pinned)
    elif pinned is not None:
        report.add(Outcome.UNTRUSTED, EvidenceError(REASON, "there is none in it"), "timestamp")
    opened = [Opened(each, report.files[each.digest]) for each in named_files(report)]
    for one in opened:
        one.unseal(key, report)
    written = extract(args.extract, opened, report) if args.extract else []
    with whoever_reads():
        if args.json:
            files = {"opened": [one.number for one in opened if one.content is not None]}
            stamped = {"timestamp": None if stamp is None else stamp.to_json()}
            say_json(as_json(report) | files | stamped)
        else:
            digest = hashlib.sha256(data[:-CLOSING_BYTES]).hexdigest() if report.statements else ""
            name = args.bundle.name
            name = PLAIN_NAME if stamp is not None else name
            say_each(page(report, policy, name, digest, utc=args.utc, records=args.records))
            if stamp is not None:
                say_each(stamp.lines(args.bundle.name, utc=args.utc))
            say_each(one.said for one in opened if one.said)
            say_each(f"wrote {path}" for path in written)
    return report.outcome


def checked(args: argparse.Namespace) -> tuple[Report, LogSet | None, bytes, bytes | None]:
    """Return the report, also where policy or bundle cannot even be read, and a timestamp."""
    report = Report()
    try:
        policy = policy_file(args.policy)
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        # Where there is no file nothing was held against anything: no word on the bundle.
        outcome = Outcome.UNREADABLE if isinstance(error, OSError) else Outcome.UNTRUSTED
        report.add(outcome, UntrustedError("policy", no_policy(args.policy, error)), "policy")
        return report, None, b"", None
    try:
        data, token = apart(bundle_file(args.bundle))
    except (OSError, EvidenceError) as error:
        text = f"cannot read {args.bundle}: {why(error)}"
        report.add(Outcome.UNREADABLE, MalformedError("file", text), "bundle")
        return report, policy, b"", None
    with ProgressLine("checking:", "batches") as line:
        report = verify_bundle(data, policy, line)
    if report.statements:
        for path in args.attach:
            attach(report, path)
    return report, policy, data, token


def attach(report: Report, path: Path) -> None:
    """Hold a file that came beside the bundle against what its records name."""
    try:
        report.add_file(at_most(path, MAX_FILE_BYTES), str(path))
    except (OSError, MalformedError) as error:
        raise Unusable(f"cannot read {path}: {why(error)}", advice="name a file") from error


def named_files(report: Report) -> list[Attachment]:
    """Return the attachments whose file is here; none where the bundle is not to be relied on."""
    if report.outcome not in (Outcome.AUTHENTIC, Outcome.INCOMPLETE):
        return []
    return [each for each in report.attachments if each.digest in report.files]


@dataclass(slots=True)
class Opened:
    """A file that is here: as it travels, and what is sealed in it once it was opened."""

    attachment: Attachment
    file: bytes
    content: bytes | None = None
    said: str = ""

    @property
    def number(self) -> int:
        """The record's number."""
        return self.attachment.record.number

    def unseal(self, key: PrivateKey | None, report: Report) -> None:
        """Open a sealed file with `key`; a finding where it holds not what was committed to."""
        commitment = self.attachment.commitment
        if key is None or commitment is None:
            return
        try:
            self.content = open_sealed(self.file, key, commitment)
            self.said = f"The sealed file of record {self.number} opens with this key."
        except NotForThisKey:
            self.said = f"The sealed file of record {self.number} is not for this key."
        except EvidenceError as error:
            report.add(Outcome.ALTERED, error, f"the sealed file of record {self.number}")

    @property
    def name(self) -> str:
        """A name that is safe to write: the record's number, and what is harmless of its name."""
        given = str(self.attachment.record.values.get("name", ""))
        safe = _UNSAFE.sub("_", given).lstrip(".") or "file"
        sealed = self.attachment.commitment is not None and self.content is None
        return f"{self.number}-{safe[-100:]}{SEALED_SUFFIX if sealed else ''}"


def extract(folder: Path, opened: list[Opened], report: Report) -> list[Path]:
    """Write the files into a folder; return where. Nothing of what is not to be relied on."""
    if report.outcome not in (Outcome.AUTHENTIC, Outcome.INCOMPLETE):
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(
            f"cannot write to {folder}: {error.strerror}", advice=advice_for(error.errno)
        ) from error
    for one in opened:
        write_output(folder / one.name, one.file if one.content is None else one.content)
    return [folder / one.name for one in opened]


def private_key(path: Path) -> PrivateKey:
    """Return the reader's key; Unusable where the file holds none."""
    advice = "give the private key that it was sealed for, PEM without a password"
    try:
        data = at_most(path, MAX_KEY_BYTES)
    except OSError as error:
        raise Unusable(f"cannot read {path}: {why(error)}", advice="name a key") from error
    except EvidenceError as error:
        raise Unusable(f"{path} is no key: {error}", advice=advice) from error
    try:
        return read_private(data)
    except EvidenceError as error:
        raise Unusable(f"{path} holds no key to open files with", advice=advice) from error
