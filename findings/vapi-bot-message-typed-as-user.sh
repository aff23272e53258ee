#!/usr/bin/env bash
# What one would expect: vapi_server_sdk has a model each for what the caller and what the assistant
#   said, UserMessage and BotMessage, and Artifact.messages is a union of them; so
#   isinstance(message, UserMessage) picks the caller's messages.
#   (vapi/types/artifact_messages_item.py; UserMessage.role: "The role of the user")
# What happens: `role` is a plain str in both models, and the union is resolved by its fields. An
#   assistant's message ("role": "bot") becomes a UserMessage unless it holds `source`, which is
#   optional; in Call.messages even with it. No error, no warning.
# Version: vapi_server_sdk 3.0.0.
# For users: who takes turns apart by the SDK's types credits the assistant's words to the caller. Read
#   `role`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 150 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check vapi_server_sdk==3.0.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from vapi.core.unchecked_base_model import construct_type
from vapi.types import Call

said = {
    "role": "bot",
    "message": "How can I help?",
    "time": 1772359200000,
    "endTime": 1772359201480,
    "secondsFromStart": 1.1,
}
dates = {"createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-01T10:00:00Z"}


def kinds(message):
    """The types that the SDK's own client makes of the message in an answer of the API."""
    fields = {"id": "1", "orgId": "o", **dates}
    fields |= {"messages": [message], "artifact": {"messages": [message]}}
    call = construct_type(type_=Call, object_=fields)
    return [type(found[0]).__name__ for found in (call.artifact.messages, call.messages)]


print("vapi_server_sdk", version("vapi_server_sdk"))
expected = ["BotMessage", "BotMessage"]
plain, with_source = kinds(said), kinds(said | {"source": ""})
print("a message with role bot, in artifact.messages and in messages")
print("expected:", expected)
print("seen, without source:", plain)
print("seen, with source:   ", with_source)
sys.exit(0 if plain == ["UserMessage"] * 2 and with_source[1] == "UserMessage" else 1)
PYTHON
