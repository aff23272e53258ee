# Every target sets itself up. It needs Python ≥ 3.11 and the package registries.

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help

include configs/livekit-server/build.mk
include configs/chromium.mk
include configs/node-agents/build.mk

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(READY) ## three scripted calls under two presets: no keys, no server, no microphone
	$(RUN)/livekit-barge demo

test: $(READY) $(ROOM_SERVER) $(CHROMIUM) $(NODE_AGENTS) ## all tests; those in a real room need Go to build the server, once
	$(RUN)/python -m pytest

room-demo: $(READY) $(LIVEKIT_SERVER) ## a server, an agent and a caller on this machine: where the time of each barge-in goes
	$(RUN)/python agents/room_demo.py

room-figures: $(READY) $(LIVEKIT_SERVER) ## what a caller in a real room waits, into docs/evidence/room.md: about 12 minutes, alone
	$(RUN)/python -m benchmarks.room

frameworks: $(READY) $(LIVEKIT_SERVER) ## LiveKit Agents and Pipecat side by side, into docs/evidence/frameworks.md: about 8 minutes, alone
	$(RUN)/python -m benchmarks.frameworks

overhead: $(READY) ## what the instruments cost with 1 and 20 sessions, into docs/evidence/overhead.md: about 6 minutes, alone
	$(RUN)/python -m benchmarks.overhead

accuracy: $(READY) ## how accurately speech is dated, into docs/evidence/accuracy.md: about 10 minutes, alone
	$(RUN)/python -m benchmarks.accuracy

diagnosis: $(READY) ## what the diagnosis finds in every fault and in healthy calls, into docs/evidence/diagnosis.md: about 3 minutes
	$(RUN)/python -m benchmarks.diagnosis

report-speed: $(READY) $(CHROMIUM) ## how fast the report's pages are made and open, into docs/evidence/report-speed.md: about 2 minutes, alone
	$(RUN)/python -m benchmarks.report

# The file's hash stands in tests/report/html/test_make.py.
plotly: ## renew plotly.js of the report's pages: PLOTLY=version
	cd $$(mktemp -d) && npm pack --silent plotly.js-basic-dist-min@$(PLOTLY) && tar xzf *.tgz && \
	    cp package/plotly-basic.min.js $(CURDIR)/livekit_barge/report/pages/assets/plotly.js && \
	    cp package/LICENSE $(CURDIR)/livekit_barge/report/pages/assets/plotly-LICENSE.txt
PLOTLY ?= 4.1.1

stage-speed: $(READY) ## how fast scripted calls are played, into docs/evidence/stage-speed.md: about 4 minutes, alone
	$(RUN)/python -m benchmarks.stage --page docs/evidence/stage-speed.md

agreement: $(READY) ## virtual time against real time, into docs/evidence/agreement.md: about 5 minutes, alone
	$(RUN)/python -m benchmarks.agreement --page docs/evidence/agreement.md

agreement-room: $(READY) $(LIVEKIT_SERVER) ## the stage against a real room, into docs/evidence/agreement.md: about 11 minutes, alone
	$(RUN)/python -m benchmarks.agreement_room --page docs/evidence/agreement.md

traps: $(READY) ## what LiveKit's known traps cost, into docs/evidence/traps.md: about a minute
	$(RUN)/python -m benchmarks.traps --page docs/evidence/traps.md

screenshots: $(READY) $(CHROMIUM) ## docs/images: the pages of the demo's calls
	$(RUN)/python -m tests.browser.screenshots

speed: $(READY) ## what scoring an hour costs, into docs/evidence/speed.md: some minutes, alone; PEER=a command
	$(RUN)/python -m benchmarks.score --page docs/evidence/speed.md $(if $(PEER),--peer $(PEER))

docs: $(READY) ## the pages of docs/ that follow from the code
	$(RUN)/python -m docs.generate

findings: ## run every findings/*.sh, one after the other, and list those that have changed: needs the package registries
	@changed=; for finding in findings/*.sh; do echo "== $$finding"; \
	    bash "$$finding" || changed="$$changed $$finding"; done; \
	    test -z "$$changed" || { echo "changed:$$changed"; exit 1; }; echo "none has changed"

mutate: $(READY) ## break lines of measure/ and hearing/ one at a time, and list those that no test notices: long
	$(RUN)/python -m benchmarks.mutate

detector: $(READY) ## train and measure the detector of adaptive mode: long, alone
	$(RUN)/python -m benchmarks.detector --cache .detector --page docs/evidence/adaptive-detector.md

check: lint types format test ## what CI runs

lint: $(READY) ## ruff's rules
	$(RUN)/ruff check .

types: $(READY) ## mypy, strict
	$(RUN)/mypy

format: $(READY) ## check the formatting
	$(RUN)/ruff format --check .

fix: $(READY) ## format, and fix what ruff can fix
	$(RUN)/ruff check --fix . ; $(RUN)/ruff format .

lock: .uv-ready ## renew requirements.lock; LOCK_FLAGS=--upgrade takes the newest versions
	$(UV) pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate $(LOCK_FLAGS) -o requirements.lock

$(READY): requirements.lock pyproject.toml | .uv-ready
	test -d $(VENV) || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --python $(RUN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(RUN)/python --no-deps --editable .
	@touch $@

.uv-ready:
	@command -v $(UV) >/dev/null || { $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv; }

.PHONY: docs findings mutate detector plotly frameworks speed help demo test check lint types format fix lock room-demo room-figures overhead accuracy diagnosis report-speed screenshots .uv-ready stage-speed agreement agreement-room traps
