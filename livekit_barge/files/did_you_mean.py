"""Suggests the name that a wrong one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, otherwise: str | None = None) -> str:
    """Return a remedy for a wrong name: the most similar known one, else ``otherwise`` or all."""
    import difflib  # only a wrong name needs it

    names = list(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]}?"
    return f"one of {', '.join(names)}" if otherwise is None else otherwise
