"""Decide all cases: `python -m tests.independent.check tests/vectors` (the vectors' README.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.independent import families
from tests.independent.logs import read_logs
from tests.independent.reasons import Refused
from tests.independent.verify import verify_bundle

Case = dict[str, Any]
Decide = Callable[[bytes, dict[str, Any]], dict[str, Any]]


def whole(case: Case) -> bytes:
    """The object, with the zeros that are left out of a large one."""
    data = bytes.fromhex(case["hex"])
    zeros = case.get("zeros", {"at": 0, "count": 0})
    return data[: zeros["at"]] + bytes(zeros["count"]) + data[zeros["at"] :]


def outcome(decide: Decide, case: Case) -> tuple[str, str, dict[str, Any]]:
    """Verdict, reason and values of our own."""
    try:
        return "accepted", "", decide(whole(case), case.get("given") or {})
    except Refused as refused:
        return "refused", refused.code, {}


def check_family(name: str, cases: list[Case], folder: Path) -> str:
    """Compare all cases of a family but bundles; print what differs."""
    verdicts = reasons = values = refused = accepted = 0
    for case in cases:
        verdict, reason, said = outcome(families.DECIDE[name], case)
        same_bytes = (folder / case["file"]).read_bytes().hex() == case["hex"]
        verdicts += verdict == case["verdict"] and same_bytes
        if case["verdict"] == "refused":
            refused += 1
            reasons += reason == case["reason"]
            fits = reason == case["reason"]
        else:
            accepted += 1
            fits = verdict == "accepted" and said == case["values"]
            values += fits
        if not fits:
            print(
                f"  {name}: {case['name']}: {verdict} {reason} {said}, not "
                f"{case['verdict']} {case.get('reason', '')} {case.get('values', '')}"
            )
    return (
        f"{name}: verdicts {verdicts}/{len(cases)}, reasons {reasons}/{refused}, "
        f"values {values}/{accepted}"
    )


def check_bundles(name: str, cases: list[Case]) -> str:
    """Compare exit codes and findings of bundles."""
    exits = findings = 0
    for case in cases:
        logs = read_logs(case["given"]["policy"].encode())
        code, reasons = verify_bundle(whole(case), logs)
        exits += code == case["exit"]
        findings += reasons == case["findings"]
        if (code, reasons) != (case["exit"], case["findings"]):
            print(
                f"  {name}: {case['name']}: {code} {reasons}, not {case['exit']} {case['findings']}"
            )
    return f"{name}: exit codes {exits}/{len(cases)}, findings {findings}/{len(cases)}"


def main(folder: Path) -> None:
    """Go through all families."""
    lines = []
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        if file.stem in ("bundle", "several"):
            lines.append(check_bundles(file.stem, content["cases"]))
        elif file.stem in families.DECIDE:
            lines.append(check_family(file.stem, content["cases"], folder))
        elif file.stem == "published":
            lines.append(families.check_published(content))
        else:
            lines.append(f"{file.stem}: not decided")
    print("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
