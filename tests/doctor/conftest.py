"""A person at a terminal, for whom the doctor looks."""

from tests.stories.conftest import person  # noqa: F401
