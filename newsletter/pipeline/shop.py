"""What it takes to make an issue: one value that the shells of an issue are handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from newsletter.model import Masthead
from newsletter.render import Templates
from newsletter.store import Database
from newsletter.store.papers import Papers


@dataclass(frozen=True, slots=True)
class Workshop:
    """`smallest` and `largest` are numbers of picks.

    `editors` hear of a draft, they and the `operators` of an approval. `approvers` may approve;
    unless any are named all editors may. With `second_reader` nobody approves their own words.
    """

    db: Database
    papers: Papers
    templates: Templates
    masthead: Masthead
    zone: tzinfo
    clock: Callable[[], datetime]
    smallest: int
    largest: int
    editors: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    second_reader: bool = False
