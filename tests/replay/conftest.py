"""The recorder plays on the same world as the tests of the workflow."""

from tests.workflows.conftest import provider, town, world

__all__ = ["provider", "town", "world"]
