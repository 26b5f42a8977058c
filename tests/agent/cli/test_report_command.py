"""`tallyman report` on a machine without an agent: what it writes, and what it refuses."""

from __future__ import annotations

import json

import pytest

from agent.cli.main import main
from agent.desks import control_client
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_disclosure_command import Truck
from tests.agent.report import trip
from tests.agent.report.reading import read


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    world = trip.sealed(trip.records())
    (folder / "trip.bundle").write_bytes(trip.bundled(world))
    (folder / "policy.txt").write_text(world.policy_text())
    return folder


def asked(given, *more, what="trip.bundle"):
    return main(
        ["report", str(given / what), "--policy", str(given / "policy.txt"), *map(str, more)]
    )


def test_one_file_is_written_and_told(given, tmp_path, capsys):
    page = tmp_path / "trip.html"
    assert asked(given, "-o", page, "--lang", "it", "--utc") == 0
    assert f"wrote {page}: authentic, {page.stat().st_size} bytes" in capsys.readouterr().out
    root = read(page.read_text())
    assert root.one("html").attributes["lang"] == "it"
    assert not [each for each in root.all("small") if "UTC" in each.text]
    assert [each.name for each in tmp_path.iterdir()] == ["trip.html"]


def test_programs_are_told_the_verdict(given, tmp_path, capsys):
    assert asked(given, "-o", tmp_path / "x.html", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["exit"], told["lang"]) == ("authentic", 0, "en")


@pytest.mark.parametrize("name", ["trip.bundle", "policy.txt"])
def test_it_never_writes_over_what_it_is_made_from(given, capsys, name):
    before = (given / name).read_bytes()
    assert asked(given, "-o", given / name) == 2
    assert "the page is to be made from" in capsys.readouterr().err
    assert (given / name).read_bytes() == before


def test_without_a_policy_it_asks_whose_signatures_count(given, tmp_path, capsys):
    assert main(["report", str(given / "trip.bundle"), "-o", str(tmp_path / "x.html")]) == 2
    assert "--policy policy.txt" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_is_no_bundle_makes_no_page(given, tmp_path, capsys):
    assert asked(given, "-o", tmp_path / "x.html", what="policy.txt") == 2
    assert "is no bundle" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


PRINTER = """\
#!/bin/sh
test -s "$1" && printf '%%PDF-1.7 of %s' "$(wc -c < "$1")" > "$2"
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder that alone is searched for programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")

    def add(name, text):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    return add


def test_a_program_that_prints_pages_makes_the_pdf(given, tmp_path, programs):
    programs("weasyprint", PRINTER.replace("wc", "/usr/bin/wc"))
    page, sheet = tmp_path / "x.html", tmp_path / "x.pdf"
    assert asked(given, "-o", page, "--pdf", sheet) == 0
    assert sheet.read_text() == f"%PDF-1.7 of {page.stat().st_size}"


def test_where_the_page_and_its_pdf_are_is_told(given, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("agent.cli.report_pdf.printed", lambda html: b"%%PDF of %d" % len(html))
    page, sheet = tmp_path / "x.html", tmp_path / "x.pdf"
    assert asked(given, "-o", page, "--pdf", sheet) == 0
    size = page.stat().st_size
    assert capsys.readouterr().out.splitlines() == [
        f"wrote {page}: authentic, {size} bytes",
        f"wrote {sheet}",
    ]
    assert sheet.read_bytes() == b"%%PDF of %d" % size
    assert asked(given, "-o", page, "--pdf", sheet, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(page), "bytes": size, "lang": "en", "verdict": "authentic", "exit": 0,
    }  # fmt: skip


def test_without_such_a_program_it_says_which_to_install(given, tmp_path, programs, capsys):
    assert asked(given, "-o", tmp_path / "x.html", "--pdf", tmp_path / "x.pdf") == 2
    assert "sudo apt install chromium, or weasyprint" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_a_program_that_fails_is_named(given, tmp_path, programs, capsys):
    programs("chromium", "#!/bin/sh\necho no display >&2\nexit 7\n")
    assert asked(given, "-o", tmp_path / "x.html", "--pdf", tmp_path / "x.pdf") == 1
    told = capsys.readouterr().err
    assert "chromium ended with 7: no display" in told


def test_a_pdf_is_no_page_of_the_same_name(given, tmp_path, capsys):
    page = tmp_path / "x.html"
    assert asked(given, "-o", page, "--pdf", page) == 2
    assert "-o and --pdf are one file" in capsys.readouterr().err
    assert not page.exists()


def test_a_pdf_is_never_written_over_the_bundle(given):
    before = (given / "trip.bundle").read_bytes()
    assert asked(given, "-o", given / "x.html", "--pdf", given / "trip.bundle") == 2
    assert (given / "trip.bundle").read_bytes() == before


def test_a_shipment_s_page_has_its_proof_beside_it(tmp_path, capsys):
    truck = Truck(tmp_path)
    truck.journal.close()
    page = tmp_path / "WB-7.html"
    call = ["report", "WB-7", "--config", str(truck.config), "-o", str(page)]
    wrong = [["--zone", "Nowhere"], ["--pdf", str(tmp_path / "WB-7.bundle")], ["--pdf", str(page)]]
    assert [main([*call, *more]) for more in wrong] == [2, 2, 2]
    assert main([*call[:-1], str(tmp_path / "WB-7.bundle")]) == 2
    assert not list(tmp_path.glob("WB-7.*")), "what cannot be meant leaves nothing behind"
    assert main(call) == 0
    assert read(page.read_text()).one("div", class_="verdict good")
    bundle = ["verify", str(tmp_path / "WB-7.bundle"), "--policy", str(truck.policy)]
    assert main(bundle) == 0
    assert main(call) == 2
    assert "would take the place of" in capsys.readouterr().err


def test_a_shipment_that_nobody_knows_makes_no_page(tmp_path, capsys):
    truck = Truck(tmp_path)
    truck.journal.close()
    page = tmp_path / "x.html"
    assert main(["report", "WB-8", "--config", str(truck.config), "-o", str(page)]) == 2
    assert "WB-8" in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))


def test_a_mistyped_file_on_a_machine_that_is_no_gateway(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "none.toml"))
    assert main(["report", "trp.bundle", "-o", str(tmp_path / "x.html")]) == 2
    assert "there is no file 'trp.bundle'" in capsys.readouterr().err


def test_where_the_page_goes_must_be_said(given, capsys):
    assert asked(given) == 2
    assert "-o" in capsys.readouterr().err


def test_a_receipt_is_asked_of_its_gateway(tmp_path, monkeypatch, capsys):
    agent = Agent(tmp_path, monkeypatch, control_client)
    receipt = {"notice": "ASN1", "decision": "accepted", "read_point": "door 2", "signed": "no"}
    told = {"check": "R-20261122-0001", "receipt": receipt, "decided_ms": 0, "sha256": "ab" * 32,
            "goods": [], "differences": [], "delivery": {}}  # fmt: skip
    agent.answers["dock-find"] = [told | {"receipt": None}, told, told | {"check": "R-other"}]
    out = tmp_path / "r.html"
    words = ["report", "R-20261122-0001", "-o", str(out), "--utc"]
    assert agent.run(*words) == 0
    assert agent.asked == [{"verb": "dock-find", "name": "R-20261122-0001"}]
    assert "R-20261122-0001" in read(out.read_text()).one("article").text
    size = len(out.read_bytes())
    assert capsys.readouterr().out == f"wrote {out}: R-20261122-0001, {size} bytes\n"
    assert agent.run(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(out), "bytes": size, "lang": "en", "receipt": "R-20261122-0001",
    }  # fmt: skip
    agent.answers["dock-find"] = [told | {"receipt": None}]
    assert agent.run("report", "R-undated-7", "-o", str(out)) == 2
    assert "this gateway knows no receipt R-undated-7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trip.bundle", "--zone", ""), "there is no time zone ''"),
        (("trip.bundle", "--zone", "Europe/Rome", "--utc"), "--zone and --utc exclude"),
        (("R-20261122-0001",), "--policy is for a bundle"),
        (("R-20261122-1\u0661",), "there is no file"),
        (("x" * 300,), "there is no file"),
    ],
)
def test_what_cannot_be_meant_is_said_and_makes_no_page(
    given, tmp_path, capsys, monkeypatch, words, said
):
    monkeypatch.chdir(given)
    page = tmp_path / "x.html"
    assert main(["report", *words, "--policy", "policy.txt", "-o", str(page)]) == 2
    told = capsys.readouterr().err
    assert (said in told, "\nnext: " in told, page.exists()) == (True, True, False)
