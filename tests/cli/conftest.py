"""Directories of recordings, as the tests of batches have them."""

from tests.batch.conftest import recordings

__all__ = ["recordings"]
