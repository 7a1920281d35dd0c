"""What the doctor says: a level, what was looked at, what was found, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.wiring import House


class Level(StrEnum):
    """`ERROR`: mail would not go, or not arrive. `UNSEEN`: it could not be looked at."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding. `cure` is empty where nothing is to be done."""

    check: str
    level: Level
    text: str
    cure: str = ""


Findings = Iterator[Found]
# A look at one kind of thing; whatever it raises becomes a finding of its own.
Look = Callable[["House"], Findings]
