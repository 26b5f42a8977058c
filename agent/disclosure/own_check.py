"""A bundle held against the policy that is pinned here, before anybody else holds it."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.log_set import LogSet
from evidence.report import Finding, Outcome
from evidence.verify import verify_bundle
from foundation.errors import Damaged


class WouldNotVerify(Damaged):
    """Whoever checks the bundle would find it altered, or with a hole that nobody declared."""

    advice = (
        "where receipts of an earlier epoch are missing, run `tallyman inherit` again; else choose "
        "other records with --since and --until, or leave out --epochs"
    )


def doubts(data: bytes, logs: LogSet) -> Sequence[Finding]:
    """Return what a verifier with this policy would not believe, as its policy may be newer.

    WouldNotVerify for what no other policy could mend.
    """
    report = verify_bundle(data, logs)
    for finding in report.findings:
        if finding.outcome is not Outcome.UNTRUSTED:
            raise WouldNotVerify(f"the bundle would not verify: {finding.text} [{finding.reason}]")
    return report.findings
