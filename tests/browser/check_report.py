"""`make report-browser`: pages of a bundle in Chromium, at 360 px, on a desktop and on A4.

    python -m tests.browser.check_report AXE.js FOLDER [BUNDLE POLICY]

In four languages each: nothing on the console, nothing from the network, nothing wider than the
screen, and nothing serious for axe-core. Screenshots and the printed pages stay in FOLDER.
"""

from __future__ import annotations

import base64
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.cli.main import main as tallyman
from agent.renderer.catalogue import LANGUAGES
from tests.agent.report import trip
from tests.browser.devtools import Browser

PROGRAMS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
SCREENS = {
    "phone": (360, 740, "screen"),
    "desktop": (1280, 900, "screen"),
    "sheet": (680, 1000, "print"),  # A4 less 15 mm at either side, at 96 px an inch
}
"""Width, height and medium."""

SERIOUS = ("serious", "critical")
A4 = (8.27, 11.69)  # inches
LOUD = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


def made(folder: Path, bundle: Path, policy: Path) -> Iterator[Path]:
    """Write the page in each language; yield where."""
    for language in LANGUAGES:
        page = folder / f"{language}.html"
        told = ["--policy", str(policy), "-o", str(page), "--lang", language]
        assert tallyman(["report", str(bundle), *told, "--zone", "Europe/Rome"]) == 0
        yield page


def checked(browser: Browser, page: Path, axe: str) -> Iterator[str]:
    """Yield what is wrong with a page."""
    for name, (width, height, medium) in SCREENS.items():
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        browser.ask("Emulation.setDeviceMetricsOverride", mobile=name == "phone", **size)
        browser.ask("Emulation.setEmulatedMedia", media=medium)
        browser.open(page.as_uri())
        wide = browser.value("document.documentElement.scrollWidth")
        if wide > width:
            yield f"{name}: {wide} px wide on a screen of {width}"
        shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=False)["data"]
        page.with_suffix(f".{name}.png").write_bytes(base64.b64decode(shot))
        yield from (f"{name}: {each}" for each in loud(browser, page))
        yield from (f"{name}: {each}" for each in unfit(browser, axe))
    printed = browser.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True,
                          paperWidth=A4[0], paperHeight=A4[1])  # fmt: skip
    page.with_suffix(".pdf").write_bytes(base64.b64decode(printed["data"]))


def loud(browser: Browser, page: Path) -> Iterator[str]:
    """Yield what it wrote on the console, and what it wanted from elsewhere."""
    for each in browser.events:
        if each["method"] in LOUD:
            yield f"console: {each['params']}"
        elif each["method"] == "Network.requestWillBeSent":
            url = each["params"]["request"]["url"]
            if url != page.as_uri():
                yield f"network: {url}"


def unfit(browser: Browser, axe: str) -> Iterator[str]:
    """Yield what axe-core finds that keeps somebody from reading it."""
    browser.value(f"{axe};0")
    found = browser.value("axe.run().then(r => r.violations.map(v => "
                          "[v.impact, v.id, v.nodes[0].html, v.nodes.length]))")  # fmt: skip
    for impact, rule, element, count in found:
        if impact in SERIOUS:
            yield f"axe-core: {impact}: {rule}, {count} times: {element[:200]}"


def main(argv: list[str]) -> int:
    """Check the pages; print what is wrong with them."""
    axe, folder = Path(argv[0]).read_text(), Path(argv[1]).absolute()
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        print("report-browser needs a browser: sudo apt install chromium", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    bundle, policy = (Path(each) for each in argv[2:4]) if argv[2:] else written(folder)
    wrong = []
    with Browser(program) as browser:
        for page in made(folder, bundle, policy):
            wrong += [f"{page.name}: {each}" for each in checked(browser, page, axe)]
    print("\n".join(wrong) or f"{len(LANGUAGES)} languages, {len(SCREENS)} widths: nothing wrong")
    return 1 if wrong else 0


def written(folder: Path) -> tuple[Path, Path]:
    """Write the bundle that the tests of the page use, and its policy."""
    world = trip.sealed(trip.records())
    (folder / "trip.bundle").write_bytes(trip.bundled(world))
    (folder / "policy.txt").write_text(world.policy_text())
    return folder / "trip.bundle", folder / "policy.txt"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
