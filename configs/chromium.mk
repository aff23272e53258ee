# Chromium for the tests of the report's pages: the system's own, nothing that Playwright downloads.
# `$(CHROMIUM)` is the target that installs it where it is missing and we may install; else nothing.
# Where that fails, tests/browser says so itself: it is skipped, and fails in CI.

CHROMIUM := $(if $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),,$(if $(filter 0,$(shell id -u)),$(if $(shell command -v apt-get),chromium)))

chromium: ## install the browser of tests/browser, once (apt, as root)
	-apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null

.PHONY: chromium
