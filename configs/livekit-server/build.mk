# livekit-server, built from its Go module at the version go.mod pins, once: about 2 minutes on 2 cores.
# `$(ROOM_SERVER)` is that file where Go is there to build it, and nothing elsewhere.

LIVEKIT_SERVER := .cache/livekit-server
ROOM_SERVER    := $(if $(shell command -v go 2>/dev/null),$(LIVEKIT_SERVER))

livekit-server: $(LIVEKIT_SERVER) ## build the server the room tests run against, once (needs Go)

$(LIVEKIT_SERVER): configs/livekit-server/go.mod configs/livekit-server/go.sum
	@command -v go >/dev/null || { echo "livekit-server: needs Go 1.26 or newer to build – https://go.dev/dl" >&2; exit 1; }
	@mkdir -p $(@D)
	cd $(<D) && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $(CURDIR)/$@.new \
	    github.com/livekit/livekit-server/cmd/server
	@mv $@.new $@

.PHONY: livekit-server
