"""Posts come in, with the editor's reasons they go out as ranked stories.

Each post is judged (is pain its main subject, which section, what does it rest on), posts that
tell the same news become one story with a lead, stories are ordered best first, and a blurb and
a headline are taken from the lead. What editors picked and dropped before shifts the order a
little. All of it is pure and offline: the vocabulary and the learned weights are data files
beside the modules.
"""

from newsletter.curate.fingerprint import works
from newsletter.curate.headline import headline
from newsletter.curate.rank import rank
from newsletter.curate.retold import marked as retold
from newsletter.curate.stories import group
from newsletter.curate.summary import reading_minutes, summarize
from newsletter.curate.taste import Taste, flavoured, lessons, proposals, taste
from newsletter.curate.verdict import explain, judge

__all__ = [
    "Taste",
    "explain",
    "flavoured",
    "group",
    "headline",
    "judge",
    "lessons",
    "proposals",
    "rank",
    "reading_minutes",
    "retold",
    "summarize",
    "taste",
    "works",
]
