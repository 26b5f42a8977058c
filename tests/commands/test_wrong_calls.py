"""Wrong calls of every program: an exit code, what was seen, a next step, and no traceback."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from hil.__main__ import main as bench
from ledger.cli import main as tallyman_ledger
from tests.commands.calling import answered

SCRIPTS = Path(__file__).parents[2] / "provisioning"

TALLYMAN = """
1 status
1 status --json
1 journal --follow
1 shelf
1 shelf 'door 9'
1 shipment
1 shipment end WB-7
1 people
1 people add keeper-2
1 people remove x
1 people unlock x
1 label -o x.zpl
1 label --printer 127.0.0.1:1
1 dock
1 dock notice.json --read-point p
1 notarize text
1 commission uhf 3034257BF7194E4000001A85
1 read cold-1 --config devices.toml
2
2 staus
2 Status
2 status status
2 status --jsn
2 status --config
2 status --config nothing
2 status --config folder
2 status --config /dev/null/x
2 --config
2 --config tallyman.toml
2 --config tallyman.toml staus
2 journal
2 journal --since x
2 journal --since -1
2 journal --since 1.5
2 journal --since 99999999999999999999
2 journal --last 99999999999999999999
2 journal --last ''
2 journal --follow --last 3
2 journal --utc=yes
2 config
2 config dance
2 config chek
2 config check --config text
2 config check --config folder
2 config check --config pipe-not-there
2 config check --config binary
2 config check --config /dev/zero
2 config policy --config text
2 read
2 read nobody
2 read cold-2 --config devices.toml
2 read cold-1 extra
2 decode
2 decode zz
2 decode 123
2 decode urn:epc:raw:x
2 decode ''
1 decode ff
1 decode https://example.org/
1 decode '(01)12'
2 decode 3074257BF7194E4000001A85 --prefix-digits x
2 devices --kinds extra
2 devices cold-1
2 shelf a b
2 status --config empty/x
2 decode --json
2 verifi x
2 dock notice.json
2 dock nothing --read-point p
2 dock folder --read-point p
2 dock /dev/zero --read-point p
2 dock notice.json --read-point p --sign
2 dock notice.json --read-point p --decide perhaps
2 dock notice.json --read-point p --quantity 0
2 dock notice.json --read-point p --remark X
2 dock notice.json --read-point p --trip text
2 dock notice.json --read-point p --trip text --policy text
2 dock --label x
2 dock --lang fr
2 label
2 label --printer x:y
2 label --count 0 -o x.zpl
2 label --again 123 -o x.zpl
2 label a b c d e f g h i -o x.zpl
2 deliver
2 deliver notice.json
2 deliver notice.json --read-point p --driver d
2 shipment start
2 shipment end
2 shipment begin WB-7
2 shipment start WB-7 --notice nothing
2 shipment start WB-7 --to carrier-2
2 shipment end WB-7 --seal S1
2 shipment custody
2 shipment custody WB-7 --at noon
2 shipment summary
2 shipment summary WB-7
2 shipment summary --bundle text
2 shipment summary --bundle text --policy nothing
2 find
2 find L7
2 find L7 --policy text
2 find L7 --bundle text --policy text
2 people add
2 people sack x
2 people remove
2 people add x --role king
2 commission uhf
2 commission uhf ''
2 commission uhf zz
2 commission uhf 3034257BF7194E4000001A85 --tag zz
2 commission uhf 3034257BF7194E4000001A85 --filter x
2 where --config nothing
2 where
2 where x
2 where -1
2 gap --declare
2 gap
2 keys rotat
2 keys new-epoch
2 keys new-epoch --reason x --lost many
2 bundle
2 bundle -o
2 bundle -o x.bundle
2 bundle -o x.bundle --kind temprature
2 bundle -o x.bundle --since yesterday
2 bundle -o x.bundle --since 50 --until 10
2 bundle -o x.bundle --since 2026-02-02 --until 2026-01-01
2 bundle -o x.bundle --until 2026-99-99
2 bundle -o x.bundle --shipment a --epochs
2 notarize
2 notarize nothing
2 notarize folder
2 notarize empty
2 notarize text --type receipt
2 notarize text -o x
2 notarize text --to text
2 notarize text --to nothing
2 notarize text --no-copy --to text
2 notarize text --valid-from 2027-01-01 --valid-until 2026-01-01
2 notarize text --valid-from soon
2 salvage
2 salvage nothing
2 salvage text
2 salvage empty
2 salvage folder
2 salvage folder --policy nothing
2 salvage folder --policy text
2 inherit
2 inherit nothing
2 inherit text
2 inherit folder
2 enrol --seed nothing --state-dir enrolled
2 enrol --seed text --state-dir enrolled
2 enrol --seed folder --state-dir enrolled
2 update nothing --folder folder
2 update text --folder folder
2 update text --folder folder --keys text
2 update --back x --folder folder
2 update --watch --starting
2 support --output nowhere/x
2 support --output folder
2 support --output pipe
2 run --config nothing
2 run --config text
2 run --confg x
1 assess
2 assess x
2 assess 5
2 assess 5 released
2 assess 5 dance --operator x --reason y
1 assess 5 released --operator x --reason y
2 report
2 report text
2 report nothing -o page.html
2 report text -o page.html
2 report folder --policy text -o page.html
2 report text --policy nothing -o page.html
2 report text --policy text -o page.html
2 report text --policy text -o page.html --lang x
2 report text --policy text -o page.html --zone x
2 report text --policy text -o nowhere/page.html
1 report R-20261122-0001 -o page.html
2 settle
2 settle text
2 settle text --policy nothing
2 settle text --policy text
2 export
2 export csv
2 export csv text -o made
2 export csv folder -o made
2 export xml text -o made
2 export epcis text -o made --post nowhere
2 export epcis text -o made --post https://x --on-error panic
1 watch --looks 1
1 visit --as technician-1
1 visit show
2 watch --looks x
2 watch a b
2 visit
2 visit dance
2 visit did
2 visit end now
2 metrics x
2 describe x
2 completion
2 completion csh
4 verify
4 verify text
4 verify --policy text
4 verify text --polcy text
4 verify text --policy text --decrypt nothing
4 verify text --policy text --decrypt text
"""

LEDGER = """
1 status alpha
2
2 staus alpha
2 status
2 status alpha bravo
2 status nothing
2 status folder
2 status text
1 status alpha --json
2 show alpha --json
2 run
2 run nothing
2 run folder
2 run text
2 init
2 init gamma
2 init gamma --name g
2 init gamma --name g --role notary
2 init gamma --name 'g g' --role witness
2 init gamma --name '' --role witness
2 init alpha --name alpha --role sequencer
2 init folder-with-file --name g --role witness
2 init text --name g --role witness
2 init gamma --name g --role witness --enrol tcp://127.0.0.1:1
2 init gamma --name g --role witness --quorum 1
2 init gamma --name g --role sequencer --quorum 9
2 init gamma --name g --role sequencer --quorum x
2 init gamma --name g --role sequencer --witness nothing
2 init gamma --name g --role sequencer --witness text
2 init gamma --name g --role sequencer --witness alpha/node.pub
2 init gamma --name g --role sequencer --listen here
2 init gamma --name g --role sequencer --store mysql://x/y
2 admit
2 admit alpha
2 admit alpha nothing
2 admit alpha folder
2 admit alpha text
2 admit alpha empty
2 admit nothing text
2 admit alpha alpha/node.pub
2 revoke alpha
2 revoke alpha nobody
2 revoke alpha urn:uuid:1 --key zz
2 revoke nothing nobody
2 replace alpha
2 replace alpha nobody --reason r --by b
2 replace alpha nobody --reason r --by b --site s --profile warehouse --expires 14d
2 replace alpha nobody --reason '' --by b --site s --profile warehouse --expires 14d
2 replace alpha nobody --reason r --by b --site s --profile warehouse --expires soon
2 replace alpha nobody --reason r --by b --site s --profile warehouse --expires 14d --apn 'a b'
2 erase
2 erase alpha
2 erase alpha --by b --reason r --since soon
2 erase alpha --by b --reason r --gateway nobody
2 erase nothing --by b --reason r
2 admitted
2 admitted nothing
2 arrivals nothing
2 token
2 token make alpha
2 token new alpha
2 token new alpha --label 'a b' --site s --profile warehouse --expires 1d
2 token new alpha --label a --site s --profile warehouse --expires 0d
2 token new alpha --label a --site s --profile warehouse --expires 99999d
2 token new alpha --label a --site s --profile warehouse --expires 2001-01-01T00:00:00Z
2 token new bravo --label a --site s --profile warehouse --expires 1d
2 token list nothing
2 token withdraw alpha
2 token withdraw alpha zz
2 pin alpha --policy alpha/policy.txt --sequencer alpha/node.pub
2 pin bravo --policy nothing --sequencer alpha/node.pub
2 pin bravo --policy text --sequencer alpha/node.pub
2 pin bravo --policy alpha/policy.txt --sequencer bravo/node.pub
2 pin bravo --policy alpha/policy.txt --sequencer alpha/node.pub
2 pin bravo
2 policy-propose alpha
2 policy-propose alpha -o change
2 policy-propose bravo -o change --witness alpha/node.pub
2 policy-propose alpha -o nowhere/x --witness bravo/node.pub
2 policy-propose alpha -o folder --witness bravo/node.pub
2 policy-propose alpha -o change --witness nothing
2 policy-propose alpha -o change --witness bravo/node.pub --quorum 7
2 policy-sign alpha
2 policy-sign alpha nothing -o x
2 policy-sign alpha text -o x
2 policy-sign alpha folder -o x
2 policy-publish alpha --update nothing
2 policy-publish alpha --update text
2 policy-publish alpha
2 metrics nothing
2 metrics text
2 arrivals folder
2 show nothing
2 show folder
"""

BENCH = """
2
2 up
2 demmo
2 emulate nothing.such
2 emulate sensors.sht3x --rubbish
2 emulate sensors.sht3x address
2 replay
2 replay nothing.such text
2 replay gnss.nmea nothing
1 replay gnss.nmea empty
2 demo --seconds x
2 campaign --cuts x
2 mutants --streams x
2 code-mutants --seed x
2 code-mutants --count 0
2 code-mutants nothing
2 code-mutants tests
2 noise --seed x
2 bench --part x
"""

SCRIPT = """
2 flash
2 flash check
2 flash check nothing
2 flash check folder
2 flash check text
2 flash check empty
2 flash check binary
2 flash chek plan.csv
2 flash seeds plan.csv
2 flash seeds plan.csv --out seeds
2 flash seeds plan.csv --out seeds --node nothing
2 flash seeds plan.csv --out seeds --node alpha --expires soon
2 flash seeds plan.csv --out seeds --node alpha --tallyman-ledger nothing
2 flash seeds plan.csv --out text --node alpha
2 flash write plan.csv
2 flash write plan.csv text
2 flash write plan.csv text pipe
2 flash write plan.csv nothing pipe --seeds folder
2 flash write plan.csv text pipe --seeds folder
2 flash write plan.csv text pipe --seeds folder --sha256 zz
2 flash write plan.csv text pipe --seeds folder --node alpha
2 flash labels nothing
2 flash labels plan.csv --log text
2 watch
2 watch --node nothing
2 watch --node folder --once
2 watch --node alpha --plan nothing
2 watch --node alpha --plan text
2 watch --node alpha --once --tallyman-ledger nothing
2 replace
2 replace truck-7
2 replace nobody --reason r --node alpha --plan plan.csv --out new
2 replace truck-7 --reason r --node alpha --plan nothing --out new
2 replace truck-7 --reason r --node alpha --plan text --out new
2 replace truck-7 --reason r --node nothing --plan plan.csv --out new
2 replace truck-7 --reason r --node alpha --plan plan.csv --out text
2 build-deb
2 build-deb --arch sparc
2 build-deb --arch arm64 --python nothing
2 manual
2 manual --version 1 --day 2026-11-30 --out text
2 update/build-update
2 update/build-update --arch arm64
2 update/build-update --arch arm64 --key k --sequence 0
2 update/build-update --arch arm64 --key k --sequence x
2 update/build-update --arch arm64 --key k --sequence 1 --percent 101
2 image/sbom
2 image/sbom nothing
2 image/sbom folder
"""


def rows(table):
    import shlex

    for line in table.strip().splitlines():
        code, _, words = line.partition(" ")
        yield pytest.param(int(code), shlex.split(words), id=words or "nothing")


@pytest.fixture
def wrong(site, monkeypatch):
    """What the calls name, beside what every site has."""
    (site / "binary").write_bytes(bytes(range(256)))
    (site / "notice.json").write_text("{}")
    (site / "devices.toml").write_text(
        '[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "c.sock"\n'
        '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
    )
    (site / "plan.csv").write_text("label,site,profile,apn\ntruck-7,turin,truck,internet\n")
    (site / "folder-with-file").mkdir()
    (site / "folder-with-file" / "x").write_text("")
    monkeypatch.setenv("TALLYMAN_PIN", "4711")
    return site


def check(code: int, said: tuple[int, str]) -> None:
    assert said[0] == code, said[1]
    assert "Traceback" not in said[1]
    assert said[1].startswith("error: "), said[1]
    assert "\nnext: " in said[1], said[1]
    assert "Errno" not in said[1]


@pytest.mark.parametrize(("code", "words"), [*rows(TALLYMAN)])
def test_a_wrong_call_of_tallyman(wrong, code, words):
    if words:
        check(code, answered(tallyman, words))


@pytest.mark.parametrize(("code", "words"), [*rows(LEDGER)])
def test_a_wrong_call_of_tallyman_ledger(wrong, code, words):
    check(code, answered(tallyman_ledger, words))


@pytest.mark.parametrize(("code", "words"), [*rows(BENCH)])
def test_a_wrong_call_of_the_bench(wrong, code, words):
    check(code, answered(bench, words))


def script(name):
    """Return what runs a script of provisioning/ in this process."""
    path = SCRIPTS / name
    loader = SourceFileLoader(f"script_{path.name.replace('-', '_')}", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)

    def run(words):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [str(path), *words])
            return module.ends(module.main)

    return run


@pytest.mark.parametrize(("code", "words"), [*rows(SCRIPT)])
def test_a_wrong_call_of_a_script(wrong, monkeypatch, capfd, code, words):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    name, *others = words
    found, said = answered(script(name), others)
    check(code, (found, said + capfd.readouterr().err))  # and what tallyman-ledger says


def test_there_are_enough_of_them():
    tables = (TALLYMAN, LEDGER, BENCH, SCRIPT)
    assert sum(len(table.strip().splitlines()) for table in tables) > 146 + 150
