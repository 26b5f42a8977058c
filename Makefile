# Two commands matter: `make demo` and `make test`. Both set up .venv from the locked requirements.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup boot-test demo test test-313 fresh-debian campaign bench bench-peers fuzz worlds epcis-mutants mutants properties lint package package-test lock clean nfc-peers zigbee report-browser notify two-g-day days zigbee-load two-links dbus-peers

help:           ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { line = sprintf("%-15s", $$1); \
	  n = split($$2, words, " "); for (i = 1; i <= n; i++) { \
	    if (length(line words[i]) > 78) { print line; line = sprintf("%-15s", "") } \
	    line = line " " words[i] } \
	  print line }' $(MAKEFILE_LIST)

RIG ?= truck

demo: $(READY) build/i2c_shim.so  ## a truck's day, or RIG=warehouse a pallet at a door, in DEMO_SECONDS (40), to a verified bundle
	@$(BIN)/python -m hil demo --rig $(RIG)

# Many tests wait for processes, disks and ports: six workers keep two cores busy.
WORKERS ?= 6
COMPILED := PYTHONDONTWRITEBYTECODE=  # hundreds of agents and nodes are started: compile us once

test: $(READY) build/i2c_shim.so build/evdev_shim.so build/disk_recorder.so build/nth_write.so build/sick_disk.so  ## every test, on emulated hardware
	@echo "compiling the tests: once, not by each worker"
	@$(COMPILED) $(BIN)/python -m pytest --collect-only -q tests/agent >/dev/null 2>&1 & \
	  $(COMPILED) $(BIN)/python -m pytest --collect-only -q --ignore tests/agent >/dev/null 2>&1; wait
	$(COMPILED) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

PYTHON313 ?=
SHIPPED := VENV=.venv-3.13 ZIGBEE=build/zigbee-3.13  # environments of the devices' Python, beside the others

test-313:       ## every test on the devices' Python 3.13 (PYTHON313=FILE), else in a new Debian 13 (root, mmdebstrap)
	@if python=$$(provisioning/devices-python $(PYTHON313) 2>/dev/null); then \
	  echo "on $$python" && $(MAKE) test $(SHIPPED) PYTHON="$$python"; \
	elif [ -z "$(PYTHON313)" ] && [ "$$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null; then \
	  provisioning/fresh-debian trixie test; \
	else \
	  echo "test-313: $(or $(PYTHON313),nothing here) is no Python 3.13: name one with PYTHON313=FILE, or run it as root with mmdebstrap" >&2; exit 1; \
	fi

SUITES ?= bookworm trixie

fresh-debian:   ## make demo and make test as a plain user in new Debians that hold what README names (root, mmdebstrap)
	@for suite in $(SUITES); do provisioning/fresh-debian $$suite || exit; done

CUTS ?= 1000
KILLS ?= 1000
STORES ?= 200
EVERY ?= 1
STREAMS ?=
GATEWAYS ?= 1000

two-g-day: $(READY)  ## a truck's day over 2G with outages: its bytes by class, and what goes first
	@$(BIN)/python -m tests.scenarios.two_g_day

days: $(READY)  ## honest days of a truck and days with one fraud: what is found, and false alarms (4 min of CPU)
	@$(BIN)/python -m hil days

two-links: $(READY)  ## a gateway with two links to a node, in namespaces: cable pulled, silent, rebooted
	@unshare -rn $(BIN)/python -m tests.scenarios.two_links

campaign: $(READY) build/disk_recorder.so build/nth_write.so build/sick_disk.so  ## power cuts, failing writes, kills: nothing acknowledged may be lost
	$(BIN)/python -m hil campaign --cuts $(CUTS) --kills $(KILLS) --every $(EVERY) --stores $(STORES)
	$(BIN)/python -m hil mutants $(if $(STREAMS),--streams $(STREAMS))
	$(BIN)/python -m hil noise $(if $(STREAMS),--epochs $(STREAMS) --mutants $(STREAMS))
	$(BIN)/python -m tests.scenarios.outage
	$(BIN)/python -m tests.scenarios.backlog
	$(BIN)/python -m tests.scenarios.backlog --days 30
	$(BIN)/python -m tests.scenarios.bad_link
	$(BIN)/python -m tests.scenarios.sick_disk
	TALLYMAN_GATEWAYS=$(GATEWAYS) $(BIN)/python -m pytest -q -s tests/ledger/test_ledger_campaign.py
	LLRP_SECONDS=600 $(BIN)/python -m pytest -q -s tests/drivers/rfid/llrp/test_llrp_for_long.py

bench: $(READY)  ## the budgets, measured: a table and build/bench.json (takes minutes)
	@$(BIN)/python -m hil bench

bench-peers: $(READY) build/bench-peers/.ready  ## ThingsBoard's gateway, Node-RED and mosquitto beside ours (npm, mosquitto; ten minutes)
	@$(BIN)/python -m hil bench-peers

build/bench-peers/.ready: requirements/bench-peers.txt
	@for tool in npm node mosquitto mosquitto_pub; do \
	  command -v $$tool >/dev/null || { echo "bench-peers needs $$tool: sudo apt install npm nodejs mosquitto mosquitto-clients" >&2; exit 1; }; \
	done
	@$(PYTHON) -m venv build/bench-peers
	@build/bench-peers/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@npm install --silent --no-audit --no-fund --prefix build/bench-peers/node-red node-red@4.1.15
	@touch $@

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= cbor cose key record statement receipt custody checkpoint policy update fork bundle envelope sealed frames enrolment body cut agreement worlds

fuzz: build/fuzzer/.ready  ## coverage-guided, FUZZ_SECONDS (600) for each parser of what strangers send; the corpus is kept
	@for target in $(FUZZ_TARGETS); do \
	  echo "$$target: $(FUZZ_SECONDS) s"; \
	  build/fuzzer/bin/python -m tests.fuzz.explore $$target $(FUZZ_SECONDS) >build/fuzzer/$$target.log 2>&1 \
	    || { tail -n 40 build/fuzzer/$$target.log; echo "$$target broke: its input is in build/fuzz/found" >&2; exit 1; }; \
	done

WORLDS ?= 100000

worlds: $(READY)  ## WORLDS (100000) random worlds through our verifier, a second one and a node: none may differ (20 minutes)
	$(BIN)/python -m tests.fuzz.worlds --worlds $(WORLDS)

build/fuzzer/.ready: tests/fuzz/requirements.txt
	@$(PYTHON) -m venv build/fuzzer
	@build/fuzzer/bin/python -m pip install -q --disable-pip-version-check -r $< \
	  || { echo "atheris has no wheel for this Python or machine: python -m tests.fuzz.minute needs none" >&2; exit 1; }
	@touch $@

MUTANTS ?= 1000000

epcis-mutants: $(READY)  ## MUTANTS (1000000) of EPCIS documents: what GS1's schema refuses, our validator refuses (2 minutes)
	$(BIN)/python -m tests.agent.epcis.mutants --count $(MUTANTS)

COUNT ?= 300
SEED ?= 1
WHERE ?=

mutants: $(READY) build/i2c_shim.so build/evdev_shim.so build/disk_recorder.so build/nth_write.so build/sick_disk.so  ## COUNT (300) small mistakes in copies of the product, or of WHERE, drawn by SEED (1): do the tests of its folder notice? (an hour)
	@$(BIN)/python -m hil code-mutants --seed $(SEED) --count $(COUNT) $(WHERE)

properties: $(READY)  ## the property tests with new and many more examples (takes an hour)
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest tests/agent tests/drivers tests/ledger

lint: $(READY)  ## ruff, mypy strict, import contracts, shellcheck, systemd units
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@command -v shellcheck >/dev/null || { echo "lint needs shellcheck: sudo apt install shellcheck" >&2; exit 1; }
	shellcheck .ci/run provisioning/check-units $(filter-out %/tallyman-update,$(wildcard provisioning/libexec/*)) provisioning/maintainer/* \
	  provisioning/build-base provisioning/build-image provisioning/fresh-debian provisioning/image/before-packages provisioning/image/overlay/opt/tallyman/libexec/*
	MYPYPATH=provisioning $(BIN)/mypy provisioning/build-deb
	MYPYPATH=provisioning $(BIN)/mypy provisioning/devices-python
	MYPYPATH=provisioning $(BIN)/mypy provisioning/flash
	MYPYPATH=provisioning $(BIN)/mypy provisioning/manual
	MYPYPATH=provisioning $(BIN)/mypy provisioning/personalise
	MYPYPATH=provisioning $(BIN)/mypy provisioning/replace
	MYPYPATH=provisioning $(BIN)/mypy provisioning/update/build-update
	MYPYPATH=provisioning $(BIN)/mypy provisioning/watch
	provisioning/check-units

# Not the environment's, which may name what another program is built for.
ARCH = arm64
DRILLS ?=
CUTS_OF_A_CARD ?= 20

boot-test: $(READY) build/i2c_shim.so  ## the card in QEMU with emulated parts and every drill, or DRILLS="kill panic"; a Pi's, or ARCH=amd64 (root; after provisioning/build-base)
	$(BIN)/python -m hil boot-test --arch $(ARCH) $(addprefix --drill ,$(DRILLS)) --cuts $(CUTS_OF_A_CARD)

package: $(READY)  ## the Debian packages for amd64 and arm64, in build/
	$(BIN)/python provisioning/build-deb --arch amd64
	$(BIN)/python provisioning/build-deb --arch arm64

package-test: $(READY)  ## the packages built twice, judged by lintian, and through dpkg in a root of trixie (4 minutes; root, lintian, mmdebstrap)
	PACKAGE_TEST=1 $(BIN)/python -m pytest tests/provisioning

report-browser: $(READY) build/report-browser/.ready  ## pages of a bundle in Chromium: 360 px, desktop, A4, four languages, axe-core (npm, chromium)
	@$(BIN)/python -m tests.browser.check_report build/report-browser/node_modules/axe-core/axe.min.js build/report-browser/pages $(BUNDLE) $(POLICY)

build/report-browser/.ready:
	@missing=; for tool in npm chromium; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	  test -z "$$missing" || { echo "report-browser needs$$missing: sudo apt install$$missing" >&2; exit 1; }
	@npm install --silent --no-audit --no-fund --prefix build/report-browser axe-core@4
	@touch $@

setup: $(READY)  ## make .venv from requirements/dev.txt

lock:           ## renew requirements/*.txt from pyproject.toml (needs uv)
	uv pip compile --universal --upgrade --generate-hashes --no-header -q pyproject.toml -o requirements/run.txt
	uv pip compile --universal --upgrade --generate-hashes --no-header -q pyproject.toml --extra dev -o requirements/dev.txt
	uv pip compile --universal --upgrade --generate-hashes --no-header -q --python-version 3.11 requirements/zigbee.in -o requirements/zigbee.txt
	uv pip compile --universal --upgrade --generate-hashes --no-header -q --python-version 3.11 requirements/notify.in -o requirements/notify.txt

clean:          ## remove .venv and build
	rm -rf $(VENV) .venv-3.13 build

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tallyman needs Python 3.11 or newer: sudo apt install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "no venv module: sudo apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) from requirements/dev.txt"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

nfc-peers: build/nfc-peers/.ready  ## two other MFRC522 libraries, which the tests set against our emulated chip

build/nfc-peers/.ready: requirements/nfc-peers.txt  # of their own: they overwrite each other's RPi.GPIO
	@$(PYTHON) -m venv build/nfc-peers
	@build/nfc-peers/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

dbus-peers: $(READY) build/dbus-peers/.ready  ## our reader of D-Bus against dbus-daemon and python-dbusmock's ModemManager
	@$(BIN)/python -m tests.scenarios.dbus_peers build/dbus-peers

build/dbus-peers/.ready: requirements/dbus-peers.txt
	@for tool in dbus-daemon gdbus; do \
	  command -v $$tool >/dev/null || { echo "dbus-peers needs $$tool: sudo apt install dbus libglib2.0-bin python3-dbus python3-gi" >&2; exit 1; }; \
	done
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes --target build/dbus-peers -r $<
	@touch $@

ZIGBEE ?= build/zigbee

zigbee: $(ZIGBEE)/.ready  ## zigpy, zigpy-znp and bellows (GPL-3.0), for tallyman-zigbee and its tests

$(ZIGBEE)/.ready: requirements/zigbee.txt  # of their own: nothing of them is where the agent runs
	@$(PYTHON) -m venv $(ZIGBEE)
	@$(ZIGBEE)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

zigbee-load: $(READY) $(ZIGBEE)/.ready  ## a warehouse's Zigbee network in ten minutes' reports, stick lost, hung, replaced; per type of stick (5 minutes)
	$(BIN)/python -m tests.scenarios.zigbee_load

notify: build/notify/.ready  ## paho-mqtt, for tallyman-notify's tests over MQTT

build/notify/.ready: requirements/notify.txt | $(READY)  # nothing of it is where the agent runs
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps --target build/notify/lib -r $<
	@touch $@

build/i2c_shim.so: $(addprefix hil/emulators/bus/,bus_shim.c bus_wire.c i2c_shim.c spi_shim.c gpio_shim.c bus_shim.h)
build/evdev_shim.so: hil/emulators/input/evdev_shim.c
build/disk_recorder.so: hil/power_cut/disk_recorder.c
build/nth_write.so: hil/nth_write/nth_write.c
build/sick_disk.so: hil/sick_disk/sick_disk.c
build/%.so:
	@command -v cc >/dev/null || { echo "no C compiler: sudo apt install gcc libc6-dev" >&2; exit 1; }
	@echo '#include <pthread.h>' | cc -E - >/dev/null 2>&1 || { echo "no C headers: sudo apt install libc6-dev" >&2; exit 1; }
	@mkdir -p build
	@cc -shared -fPIC -O2 -Wall -Wextra -Werror -U_FORTIFY_SOURCE -o $@ $(filter %.c,$^) -ldl -lpthread
