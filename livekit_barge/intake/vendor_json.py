"""The JSON that a vendor gives with a call: its id, when it began, and who said what, when.

Vapi's call object or end-of-call report, Retell's call object, Twilio's recording resource, Bland's
call object; known by their fields. A transcript's times are a recogniser's, good to some tenths of
a second: they tell who is on which channel and which words belong to a burst, and date nothing.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from livekit_barge.call.events import Transcript
from livekit_barge.errors import IntakeError
from livekit_barge.files.read_file import read_regular
from livekit_barge.hearing.burst import Burst
from livekit_barge.intake.guess import Guess

# No transcript of half a day is longer; a file that is was not meant.
_MOST_BYTES = 64_000_000
# A recogniser's words may be this far from what was heard, and still be meant.
NEAR_S = 0.5
# So much speech must agree with the transcript before it says who is where, and twice as much as
# agrees with it the other way round: where both speak, both ways do.
_ENOUGH_S, _CLEAR = 2.0, 2 / 3

# The first second that no date can tell.
_YEAR_10000_S = 253_402_300_800
# What `score --json` writes, and has not begun to while the first recording is scored.
_OURS = re.compile(rb'\s*(\{\s*"schema"\s*:\s*"livekit-barge/|\Z)')
_REMEDY = "give the JSON of the vendor's API for this call"
_Object = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """A word or an utterance, in seconds from the start of the call."""

    role: Literal["caller", "agent"]
    begin_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class VendorCall:
    """What a vendor's JSON says about a call."""

    source: str
    """As ``--source`` names it."""
    call_id: str
    started_wall_s: float | None
    """Seconds since 1970."""
    said: tuple[Said, ...] = ()

    @property
    def said_from_s(self) -> float:
        """When the first word begins; without end, if there is none."""
        return min((said.begin_s for said in self.said), default=math.inf)

    def guess(self, bursts: Sequence[Sequence[Burst]]) -> Guess | None:
        """Who is on which channel, by when each side is said to have spoken; sure, if at all."""
        agree_s = [0.0, 0.0]
        for caller in (0, 1):
            for said in self.said:
                side = bursts[caller if said.role == "caller" else 1 - caller]
                agree_s[caller] += sum(_common_s(said, burst) for burst in side)
        caller = 0 if agree_s[0] >= agree_s[1] else 1
        share = agree_s[caller] / max(sum(agree_s), 1e-9)
        if agree_s[caller] < _ENOUGH_S or share < _CLEAR:
            return None
        return Guess(caller, round(share, 2), f"channel {1 - caller} speaks when the agent did")

    def transcripts(self, caller: Sequence[Burst]) -> list[Transcript]:
        """The caller's words, each with the first burst that it overlaps or is near."""
        words: dict[int, list[str]] = {}
        for said in self.said:
            if said.role == "caller" and (number := _burst_of(said, caller)) is not None:
                words.setdefault(number, []).append(said.text)
        return [
            Transcript(at_s=caller[number].end_s, text=" ".join(texts), is_final=True)
            for number, texts in sorted(words.items())
        ]


def beside(audio: Path) -> Path | None:
    """The JSON file of the same name as the audio, if there is one that we did not write."""
    for path in (audio.with_suffix(".json"), audio.with_name(f"{audio.name}.json")):
        if path != audio and os.path.isfile(path) and not _is_ours(path):
            return path
    return None


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _OURS.match(file.read(100)) is not None
    except OSError:
        return False  # reading it says why


def read_call_json(path: Path) -> VendorCall:
    """Raises :class:`IntakeError` for what is no known vendor's call."""
    try:
        document = json.loads(read_regular(path, _MOST_BYTES))
    except OSError as error:
        raise IntakeError(
            f"cannot be read ({error.strerror})", where=path, remedy="check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise IntakeError("not JSON", where=path, remedy=_REMEDY) from error
    if not isinstance(document, dict):
        raise IntakeError("not a call's JSON", where=path, remedy=_REMEDY)
    # What a web hook posts has the call inside.
    inner: _Object = {}
    for wrapped in ("message", "call"):
        if isinstance(document.get(wrapped), dict):
            inner = document[wrapped]
    for fields in (document, inner):
        for is_meant, read in _VENDORS:
            if is_meant(fields):
                return _read(path, read, fields)
    raise IntakeError("the JSON of no vendor that is known", where=path, remedy=_REMEDY)


def _read(path: Path, read: Callable[[_Object], VendorCall], fields: _Object) -> VendorCall:
    try:
        call = read(fields)
        if call.started_wall_s is not None and not 0 <= call.started_wall_s < _YEAR_10000_S:
            raise ValueError(f"{call.started_wall_s:g} s since 1970 is no call's start")
        return call
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:80]
        raise IntakeError(
            f"a call's JSON that is damaged ({reason})", where=path, remedy=_REMEDY
        ) from (error)


def _vapi(call: _Object) -> VendorCall:
    inner = call.get("call") or call
    began = call.get("startedAt") or inner.get("startedAt") or inner.get("createdAt")
    messages = call.get("artifact", {}).get("messages") or call.get("messages") or ()
    return VendorCall("vapi", _text(inner["id"]), _iso(began), tuple(_vapi_said(messages)))


def _vapi_said(messages: Sequence[_Object]) -> Iterator[Said]:
    for message in messages:
        role, begin_s = message["role"], message.get("secondsFromStart")
        if begin_s is None or role not in _ROLES:
            continue
        duration_ms = message.get("duration")
        if duration_ms is None:
            duration_ms = message.get("endTime", message["time"]) - message["time"]
        yield _said(role, begin_s, begin_s + duration_ms / 1000, message["message"])


def _retell(call: _Object) -> VendorCall:
    began_ms = call.get("start_timestamp")
    spoken = [
        _said(utterance["role"], word["start"], word["end"], word["word"])
        for utterance in call.get("transcript_object") or ()
        if utterance["role"] in _ROLES
        for word in utterance.get("words") or ()
    ]
    began_s = None if began_ms is None else _finite(began_ms) / 1000
    return VendorCall("retell", _text(call["call_id"]), began_s, tuple(spoken))


def _twilio(recording: _Object) -> VendorCall:
    from email.utils import parsedate_to_datetime  # 10 ms, and few recordings have such a JSON

    began = recording.get("start_time") or recording.get("date_created")
    began_s = None if began is None else parsedate_to_datetime(began).timestamp()
    return VendorCall("twilio", _text(recording["call_sid"]), began_s)


def _bland(call: _Object) -> VendorCall:
    return VendorCall("bland", _text(call["call_id"]), _iso(call.get("started_at")))


_VENDORS: tuple[tuple[Callable[[_Object], bool], Callable[[_Object], VendorCall]], ...] = (
    (lambda call: "transcript_object" in call or "start_timestamp" in call, _retell),
    (lambda call: "artifact" in call or ("assistantId" in call and "id" in call), _vapi),
    (lambda call: "call_sid" in call, _twilio),
    (lambda call: "transcripts" in call and "call_id" in call, _bland),
)
_ROLES: Mapping[str, Literal["caller", "agent"]] = {
    "user": "caller",
    "bot": "agent",
    "assistant": "agent",
    "agent": "agent",
}


def _said(role: str, begin_s: float, end_s: float, text: str) -> Said:
    begin_s = _finite(begin_s)
    return Said(_ROLES[role], begin_s, max(_finite(end_s), begin_s), _text(text).strip())


def _finite(number: float) -> float:
    if isinstance(number, bool) or not math.isfinite(number):
        raise ValueError(f"{number} is no time")
    return float(number)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _iso(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()


def _common_s(said: Said, burst: Burst) -> float:
    return max(min(said.end_s, burst.end_s) - max(said.begin_s, burst.onset_s), 0.0)


def _burst_of(said: Said, bursts: Sequence[Burst]) -> int | None:
    """The first burst that it overlaps, or else one that is near."""
    for reach_s in (0.0, NEAR_S):
        for number, burst in enumerate(bursts):
            if said.begin_s < burst.end_s + reach_s and said.end_s > burst.onset_s - reach_s:
                return number
    return None
