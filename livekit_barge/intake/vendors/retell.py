"""Retell's recordings and call object (retell-sdk 6.2: ``WebCallResponse``, ``PhoneCallResponse``).

Each word has times in seconds of the audio, any of which may be null. An utterance may come from
the target of a transfer, who is neither caller nor agent, and may be labelled as a backchannel. If
only the scrubbed transcript is kept, we use its words; they lack what identifies a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from livekit_barge.intake.vendor_call import (
    Fields,
    TimedWords,
    VendorCall,
    call_id,
    items,
    number,
    text,
    unread,
)
from livekit_barge.intake.vendors.vendor import CallJson, Source, Vendor
from livekit_barge.measure.scorecard import Caveat

_ROLES: dict[str, Literal["caller", "agent"]] = {"user": "caller", "agent": "agent"}
_TARGET = "transfer_target"
_Times = tuple[float | None, float | None]
# The second adds tool calls to the first; the third is the second without personal data.
_TRANSCRIPTS = (
    "transcript_object",
    "transcript_with_tool_calls",
    "scrubbed_transcript_with_tool_calls",
)


def is_meant(fields: Fields) -> bool:
    """Return whether this is one of Retell's calls."""
    keys = fields.keys()
    known = "transcript_object" in keys or "start_timestamp" in keys
    return known or {"call_id", "agent_id", "call_status"} <= keys


def read(fields: Fields) -> VendorCall:
    """Read the call. Raises ``ValueError`` or ``TypeError`` for an invalid id or date."""
    utterances = next((found for name in _TRANSCRIPTS if (found := items(fields.get(name)))), ())
    said: list[TimedWords] = []
    odd, words_seen = 0, 0
    for utterance in utterances:
        role = utterance.get("role") if isinstance(utterance, dict) else None
        if not isinstance(role, str):
            odd, words_seen = odd + 1, words_seen + 1
        elif role in _ROLES:
            found, count = _said(utterance)
            said += found
            odd, words_seen = odd + count - len(found), words_seen + count
    began = fields.get("start_timestamp")
    began_ms = number(began)
    if began is not None and began_ms is None:
        raise ValueError(f"{began!r} is not a time")
    return VendorCall(
        "retell",
        call_id(fields.get("call_id")),
        None if began_ms is None else began_ms / 1000,
        tuple(said),
        (*unread(odd, words_seen), *_transfer(utterances), *_labels(utterances)),
    )


def _said(utterance: Fields) -> tuple[list[TimedWords], int]:
    """Return an utterance's words that have a place in time, and how many words it has.

    A missing time is taken from the neighbouring word, so no word is lost over it. A null word is
    a placeholder and not counted.
    """
    words = [word for word in items(utterance.get("words")) if _is_word(word)]
    times = _filled([_times(word) for word in words])
    role, labelled = _ROLES[utterance["role"]], _is_backchannel(utterance)
    said = [
        TimedWords(role, begin_s, max(end_s, begin_s), spoken, labelled)
        for word, (begin_s, end_s) in zip(words, times, strict=True)
        if isinstance(word, dict) and (spoken := text(word.get("word")))
        if begin_s is not None and end_s is not None
    ]
    return said, len(words) or (text(utterance.get("content")) is not None)


def _is_word(word: object) -> bool:
    return not isinstance(word, dict) or word.get("word") is not None


def _times(word: object) -> _Times:
    if not isinstance(word, dict):
        return None, None
    return number(word.get("start")), number(word.get("end"))


def _filled(times: Sequence[_Times]) -> list[_Times]:
    """Fill a missing begin with the end before it, and a missing end with the begin after it."""
    begins, ends = [], []
    last_s = next_s = None
    for begin_s, end_s in times:
        begins.append(next((time for time in (begin_s, last_s, end_s) if time is not None), None))
        last_s = last_s if end_s is None else end_s
    for (begin_s, end_s), begun_s in zip(reversed(times), reversed(begins), strict=True):
        ends.append(next((time for time in (end_s, next_s, begun_s) if time is not None), None))
        next_s = next_s if begin_s is None else begin_s
    ends.reverse()
    return [
        (end_s if begin_s is None else begin_s, end_s)
        for begin_s, end_s in zip(begins, ends, strict=True)
    ]


def _is_backchannel(utterance: Fields) -> bool:
    metadata = utterance.get("metadata")
    return isinstance(metadata, dict) and metadata.get("is_backchannel") is True


def _transfer(utterances: Sequence[Any]) -> tuple[Caveat, ...]:
    """Return the caveat for a call in which somebody else takes the agent's place."""
    begins = [
        _times(word)[0]
        for utterance in utterances
        if isinstance(utterance, dict) and utterance.get("role") == _TARGET
        for word in items(utterance.get("words"))
    ]
    if not any(isinstance(one, dict) and one.get("role") == _TARGET for one in utterances):
        return ()
    from_s = min((begin for begin in begins if begin is not None), default=None)
    since = "at a time that is not given" if from_s is None else f"from {from_s:.1f} s on"
    what = f"the call was transferred: the target speaks {since}, and may be scored as the agent"
    return (Caveat("call_json_transfer", what, "judge only what comes before"),)


def _labels(utterances: Sequence[Any]) -> tuple[Caveat, ...]:
    """Return the caveat that says whose utterances the vendor labels as backchannels."""
    roles = [
        one.get("role") for one in utterances if isinstance(one, dict) and _is_backchannel(one)
    ]
    labelled = [
        f"{count} of the {role}'s utterances"
        for role, count in (("caller", roles.count("user")), ("agent", roles.count("agent")))
        if count
    ]
    if not labelled:
        return ()
    what = f"the vendor labels {' and '.join(labelled)} as backchannels"
    remedy = "the caller's are judged as such; the agent's are scored like its other speech"
    return (Caveat("call_json_backchannels", what, remedy),)


VENDOR = Vendor(
    sources=(
        Source(
            "retell", None, "recording_multi_channel_url: a party a channel, order undocumented"
        ),
    ),
    call_json=CallJson(is_meant, read),
)
