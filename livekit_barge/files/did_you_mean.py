"""What may have been meant by a wrong name."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, otherwise: str | None = None) -> str:
    """A remedy for a wrong name: the known one most like it; where none is, ``otherwise``, or all
    of them."""
    import difflib  # only a wrong name needs it

    names = list(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]}?"
    return f"one of {', '.join(names)}" if otherwise is None else otherwise
