"""The stamped words of a call: final transcripts, and items of the chat context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from livekit_barge.call.events import ConversationItem, Event, LabelledTranscript, Transcript


class Transcripts:
    """The words that still matter, by time and by speech."""

    def __init__(self) -> None:
        self._transcripts: list[Transcript] = []
        self._items: list[ConversationItem] = []

    def hear(self, event: Event) -> None:
        """Keep the event if it is a final transcript with words, or an item; ignore any other."""
        if isinstance(event, ConversationItem):
            self._items.append(event)
        elif isinstance(event, Transcript) and event.is_final and (event.text or "").strip():
            self._transcripts.append(event)

    def words(self, begin_s: float, end_s: float) -> str | None:
        """Return the words of the final transcripts that came in that time."""
        said = [t.text for t in self._transcripts if begin_s <= t.at_s < end_s and t.text]
        return " ".join(said) or None

    def labelled(self, begin_s: float, end_s: float) -> bool:
        """Return whether everything said in that time is labelled as a backchannel."""
        said = [t for t in self._transcripts if begin_s <= t.at_s < end_s]
        return bool(said) and all(isinstance(t, LabelledTranscript) for t in said)

    def of_caller(self, begin_s: float, end_s: float) -> Iterator[ConversationItem]:
        """Yield the caller's items that came in that time."""
        for item in self._items:
            if item.role == "user" and begin_s <= item.at_s < end_s:
                yield item

    def of_speech(self, item_ids: frozenset[str]) -> list[ConversationItem]:
        """Return a speech's items."""
        return [item for item in self._items if item.item_id in item_ids]

    def forget_before(self, until_s: float) -> None:
        """Drop the words that no later turn can ask for."""
        self._transcripts = [t for t in self._transcripts if t.at_s >= until_s]
        self._items = [item for item in self._items if item.at_s >= until_s]


def metrics_of(items: Iterable[ConversationItem]) -> Mapping[str, Any]:
    """Return LiveKit's metrics of all the items; the later item wins."""
    return {name: value for item in items for name, value in item.metrics.items()}
