"""The accuracy corpus: speech, noise and other sounds, laid at samples that are known.

It is made anew on every run and kept nowhere. ``talkers``: who says what; ``laying``: where it is
laid, and the truth; ``spoiling``: noise and codecs; ``noises``: made sounds that are no speech;
``clips``: recorded ones, out of Debian packages; ``judging``: what was found, against the truth.

*Tuning* and *figures* are two parts: other sentences, other voices, other seeds. Numbers in
``livekit_barge/measure`` are set by the first; ``docs/evidence/accuracy.md`` is of the second.
"""

PARTS = ("tuning", "figures")
