"""The protocol of renderers, which turn a subject into one form and do no input or output.

There is one class per form. A form for the terminal is an iterator of Rich's renderables, which the
command prints one below the other; a document (JSON, JUnit, HTML) is its text.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

Subject_contra = TypeVar("Subject_contra", contravariant=True)
Form_co = TypeVar("Form_co", covariant=True)


class Renderer(Protocol[Subject_contra, Form_co]):
    """Renders subjects of one kind in one form."""

    def render(self, subject: Subject_contra, /) -> Form_co:
        """Return the subject in this form."""
        ...
