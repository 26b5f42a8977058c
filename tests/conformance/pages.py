"""Write README's table of devices from the drivers: `python -m tests.conformance.pages`."""

from __future__ import annotations

from pathlib import Path

from drivers import catalog

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- devices -->\n", "<!-- /devices -->\n"


def page(before: str) -> str:
    """Return README.md with the table as the drivers have it."""
    head, rest = before.split(BEGIN)
    rows = "".join(map(row, catalog.DEVICES))
    return f"{head}{BEGIN}| kind | what | records |\n|---|---|---|\n{rows}{END}{rest.split(END)[1]}"


def row(kind: str) -> str:
    """Return a device's line: the first of its driver's docstring, and what it may record."""
    module = catalog.module(kind)
    what = (module.__doc__ or "").partition("\n")[0].removesuffix(".")
    return f"| `{kind}` | {what} | {', '.join(f'`{name}`' for name in module.KINDS)} |\n"


def main() -> None:
    """Write it."""
    README.write_text(page(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
