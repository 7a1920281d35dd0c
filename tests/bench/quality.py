"""Curation: how well the project's own labelled posts are judged, and how fast posts are.

The labelled posts (`newsletter.demo.labels`) are hard cases on purpose, and the weights were
learned on them among others: read their figures as a guard against getting worse, not as what
another set would give. That is told by the posts of `unseen.toml` that are held out.
"""

from __future__ import annotations

import random
import re
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from newsletter.curate import group, judge, rank, summarize
from newsletter.demo.labels import LabelledPost, labelled
from newsletter.model import Candidate, Evidence, Post, Section

Say = Callable[[str], None]
T = TypeVar("T")

NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SOURCES = 300
_A_YEAR = timedelta(days=365)
_FEW, _MANY = 10_000, 100_000
_SEED = 11


def run(say: Say) -> None:
    """Print quality, then speed in CPU seconds of one process."""
    say("The demo's posts and others, which the weights have met:")
    _quality(labelled(), say)
    for held, about in ((False, "Written later, learned from:"), (True, "Held out:")):
        say(about)
        _quality(unseen(held=held), say)
    _speed(say)


def unseen(*, held: bool) -> list[LabelledPost]:
    """Give the posts of `unseen.toml`: those held out, or those that were learned from."""
    rows = tomllib.loads(Path(__file__).with_name("unseen.toml").read_text("utf-8"))["post"]
    return [_unseen(row) for row in rows if row.get("held", False) == held]


def _unseen(row: dict[str, Any]) -> LabelledPost:
    def section(name: str) -> Section | None:
        return Section(row[name]) if name in row else None

    return LabelledPost(
        id=row["id"],
        url=f"https://unseen.example/{row['id']}",
        source="Unseen",
        title=row["title"],
        text=row["text"].strip(),
        relevant=row["relevant"],
        section=section("section"),
        section_alt=section("section_alt"),
        kind=row["kind"],
        evidence=Evidence.NONE,
        doi="",
        same_as="",
        unlike="",
    )


def _quality(gold: Sequence[LabelledPost], say: Say) -> None:
    candidates = [_candidate(_post(at, one)) for at, one in enumerate(gold)]
    _relevance(gold, candidates, say)
    _sections(gold, candidates, say)
    told = _pairs((one.group, at) for at, one in enumerate(gold))
    stories = enumerate(group(candidates))
    found = _pairs(
        (str(number), one.post.id)
        for number, story in stories
        for one in (story.lead, *story.others)
    )
    if told or found:
        right, wrong = len(told & found), len(found - told)
        say(f"  pairs of the same story: {right} of {len(told)}, false {wrong}")
    for kind, pairs in (("missed", told - found), ("false", found - told)):
        for one, other in sorted(pairs):
            say(f"    {kind}: {gold[one].id}, {gold[other].id}")


def _relevance(gold: Sequence[LabelledPost], candidates: Sequence[Candidate], say: Say) -> None:
    rows = list(zip(gold, candidates, strict=True))
    right = sum(one.relevant and it.verdict.relevant for one, it in rows)
    false = Counter(one.kind for one, it in rows if it.verdict.relevant and not one.relevant)
    missed = [one.id for one, it in rows if one.relevant and not it.verdict.relevant]
    precision = right / max(right + false.total(), 1)
    recall = right / max(right + len(missed), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    say(f"  {len(rows)} posts: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    kinds = Counter(one.kind for one in gold if not one.relevant)
    for kind, count in sorted(kinds.items()):
        say(f"    false positives, {kind}: {false[kind]} of {count}")
    for name in missed:
        say(f"    missed: {name}")


def _sections(gold: Sequence[LabelledPost], candidates: Sequence[Candidate], say: Say) -> None:
    rows = [
        (one, it.verdict.section)
        for one, it in zip(gold, candidates, strict=True)
        if one.relevant and it.verdict.relevant
    ]
    exact = sum(section == one.section for one, section in rows)
    fair = sum(section in (one.section, one.section_alt) for one, section in rows)
    whole = max(len(rows), 1)
    say(f"  sections: {exact / whole:.3f}, with accepted alternatives {fair / whole:.3f}")


def _pairs(members: Iterable[tuple[str, int]]) -> set[tuple[int, int]]:
    groups: dict[str, list[int]] = {}
    for name, at in members:
        groups.setdefault(name, []).append(at)
    return {pair for at in groups.values() for pair in combinations(sorted(at), 2)}


def _speed(say: Say) -> None:
    posts = recombined(_FEW)
    judging, candidates = _timed(lambda: [_candidate(post) for post in posts])
    grouping, stories = _timed(lambda: group(candidates))
    ranking, ranked = _timed(lambda: rank(stories, now=NOW))
    summing, _ = _timed(lambda: [summarize(story.lead.post) for story in ranked])
    whole = judging + grouping + ranking + summing
    say(
        f"{_FEW:,} posts to {len(stories):,} stories: judge {judging:.1f} s, "
        f"group {grouping:.1f} s, rank {ranking:.1f} s, summarize {summing:.1f} s; "
        f"{whole / _FEW * 1000:.2f} ms a post"
    )
    many = [
        Candidate(post, candidates[at % _FEW].verdict) for at, post in enumerate(recombined(_MANY))
    ]
    longer, stories = _timed(lambda: group(many))
    say(f"group {_MANY:,}: {longer:.1f} s, {longer / grouping:.1f} times as long for 10 times")
    ranking, _ = _timed(lambda: rank(stories, now=NOW))
    say(f"rank {len(stories):,} stories: {ranking:.1f} s")


def recombined(number: int) -> list[Post]:
    """Make so many posts of a year from the labelled posts' sentences, a tenth of them copies.

    The words of every sentence are mixed with those of others, for as many posts of only some
    thousand sentences would all be alike.
    """
    chance = random.Random(_SEED)
    own = labelled()
    sentences = [part.split() for one in own for part in _SENTENCE.split(one.text)]
    words = [word for sentence in sentences for word in sentence]
    posts: list[Post] = []
    for at in range(number):
        first_seen = NOW - _A_YEAR + _A_YEAR * at / number
        if posts and chance.random() < 0.1:
            text = chance.choice(posts[-500:]).text
        else:
            text = " ".join(_mixed(chance, sentences, words) for _ in range(chance.randint(3, 18)))
        url = f"https://{at % _SOURCES}.example/{at}"
        title = f"{chance.choice(own).title} {chance.choice(words)}"
        source = at % _SOURCES
        posts.append(Post(at, url, url, title, text, source, f"Source {source}", first_seen))
    return posts


def _mixed(chance: random.Random, sentences: list[list[str]], words: list[str]) -> str:
    sentence = chance.choice(sentences)
    return " ".join(chance.choice(words) if chance.random() < 0.4 else word for word in sentence)


def _post(at: int, one: LabelledPost) -> Post:
    url, title, text, source = one.url, one.title, one.text, one.source
    return Post(at, url, url, title, text, at % 12, source, NOW, doi=one.doi)


def _candidate(post: Post) -> Candidate:
    return Candidate(post, judge(post))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    done = work()
    return time.process_time() - began, done
