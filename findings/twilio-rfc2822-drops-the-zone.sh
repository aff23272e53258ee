#!/usr/bin/env bash
# What one would expect: twilio.base.deserialize.rfc2822_datetime "parses an RFC 2822 date string and
#   returns a UTC datetime object" (its docstring): 12:00 at +0200 is 10:00 UTC. It is what makes
#   RecordingInstance.start_time of the API's text.
# What happens: the offset is dropped and the local hour is called UTC: 12:00 UTC. (It parses by
#   email.utils.parsedate, which leaves the zone out, where parsedate_tz keeps it.)
# Version: twilio 9.13.0.
# For users: nothing while Twilio writes +0000; a stored or proxied resource in another zone is off by
#   its offset, silently. Parse the text yourself: email.utils.parsedate_to_datetime.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 150 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check twilio==9.13.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys
from email.utils import parsedate_to_datetime
from importlib.metadata import version

from twilio.base.deserialize import rfc2822_datetime

text = "Sun, 01 Mar 2026 12:00:00 +0200"
expected, seen = parsedate_to_datetime(text), rfc2822_datetime(text)
print("twilio", version("twilio"))
print("given:   ", text)
print("expected:", expected.isoformat())
print("seen:    ", seen.isoformat())
off_s = (seen - expected).total_seconds()
print("off by", off_s, "s")
sys.exit(0 if off_s == 7200 else 1)
PYTHON
