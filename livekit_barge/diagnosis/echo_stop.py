"""The agent's echo stopped the agent: the caller's channel at the decision is the agent's, delayed.

The two channels are correlated at every delay an echo may have: speech resembles itself and no
other speech. Two windows in a row must both match, and at the same delay.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livekit_barge.call.audio import AGENT, CALLER, Float32
from livekit_barge.diagnosis.call_view import CallView, Story, at, ms
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import ECHO
from livekit_barge.hearing.span import Span

# Two windows have the same delay if the difference is at most the drift of two sound cards.
_SAME_DELAY_S = 0.005
# Ten times two pitch periods of a low voice: a shorter vowel resembles any other.
_WINDOW_LEAST_S = 0.1


def echoes(view: CallView) -> Iterable[Finding]:
    """Find the echo in each overlap that a sound alone can have decided."""
    if not view.stamped or not view.has_audio:
        return
    decided = [
        story
        for story in view.stories
        if story.overlap.decision_s is not None and story.cause is not None and story.cause.by_audio
    ]
    delay_s = view.limits.echo_delay_max_s
    heard = [_heard(view, story) for story in decided]
    clips = view.clips([Span(span.begin_s - delay_s, span.end_s) for span in heard])
    for story, span, clip in zip(decided, heard, clips, strict=True):
        if (found := _echo(view, story, span.length_s / 2, clip)) is not None:
            yield found


def _heard(view: CallView, story: Story) -> Span:
    """Return the audio that the decision followed: from the onset, at most two windows back."""
    assert story.overlap.decision_s is not None
    end_s = story.overlap.decision_s
    begin_s = end_s - 2 * view.limits.echo_window_s
    return Span(max(begin_s, story.overlap.onset_s or 0.0, 0.0), end_s)


def _echo(view: CallView, story: Story, window_s: float, clip: Float32) -> Finding | None:
    rate, overlap = view.call.sample_rate, story.overlap
    window, lags = round(window_s * rate), round(view.limits.echo_delay_max_s * rate)
    if window_s < _WINDOW_LEAST_S:
        return None
    missing = 2 * window + lags - clip.shape[1]
    clip = np.pad(clip, ((0, 0), (max(missing, 0), 0)))  # the call begins in silence
    found = []
    for back in (2, 1):
        begin = clip.shape[1] - back * window
        heard = clip[CALLER, begin : begin + window]
        said = clip[AGENT, begin - lags : begin + window]
        alike, delay = likeness(said, heard)
        found.append((alike, delay / rate))
    (one, first_s), (two, second_s) = found
    if min(one, two) < view.limits.echo_alike_min or abs(first_s - second_s) > _SAME_DELAY_S:
        return None
    return ECHO.found(
        [
            f"{story.decided_by} decided at {at(overlap.decision_s or 0.0)}",
            f"in the {at(2 * window_s)} before that, the caller's channel repeats the agent's "
            f"{ms(second_s)} later: correlation {one:.2f} and {two:.2f} of 1",
        ],
        story=story,
        ruled_out=["not the caller: a voice of their own does not match the agent's"],
    )


def likeness(said: Float32, heard: Float32) -> tuple[float, int]:
    """Return the best likeness of ``heard`` to what was said, from 0 to 1, and its delay.

    ``said`` ends with ``heard`` and begins earlier; the delay is in samples.
    """
    if not heard.any() or not said.any():
        return 0.0, 0
    size = 1 << (len(said) + len(heard) - 1).bit_length()
    spectrum = np.fft.rfft(said, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectrum, size)[: len(said) - len(heard) + 1]
    squares = np.concatenate([[0.0], np.cumsum(said.astype(np.float64) ** 2)])
    energy = (squares[len(heard) :] - squares[: -len(heard)]) * float(np.sum(heard**2))
    shares = np.abs(products) / np.sqrt(np.maximum(energy, 1e-12))
    # A window in which the agent was all but silent is like anything.
    shares[energy < energy.max() * 1e-3] = 0.0
    best = int(np.argmax(shares))
    return min(float(shares[best]), 1.0), len(said) - len(heard) - best
