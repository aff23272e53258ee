"""What a renderer is: it turns a subject into one form, and reads or writes nothing.

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
