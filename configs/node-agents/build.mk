# LiveKit's agents for Node at the version that package-lock.json pins, once: about half a minute, 285 MB.
# `$(NODE_AGENTS)` is there where npm is there to install it, and nothing elsewhere.

NODE_AGENTS_READY := .cache/node-agents/.ready
NODE_AGENTS       := $(if $(shell command -v npm 2>/dev/null),$(NODE_AGENTS_READY))

node-agents: $(NODE_AGENTS_READY) ## install LiveKit's agents for Node, whose detector a test runs, once (needs npm)

$(NODE_AGENTS_READY): configs/node-agents/package.json configs/node-agents/package-lock.json
	@command -v npm >/dev/null || { echo "node-agents: needs Node 20 or newer and npm – https://nodejs.org" >&2; exit 1; }
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: node-agents
