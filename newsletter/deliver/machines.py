"""Which opens and clicks were a machine's: pure, over one reader's traces of one issue.

Apple's Mail Privacy Protection loads the pictures of every mail (SendGrid marks these opens,
`sg_machine_open`); filters of firms and hospitals follow the links before the mail is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

# Words in the name of a program that reads mail by itself. Gmail's and Yahoo's picture proxies
# are not among them: they load when a person opens.
_AGENTS = (
    "barracuda", "proofpoint", "mimecast", "bitdefender", "symantec", "trendmicro", "trend micro",
    "fortinet", "forcepoint", "sophos", "ironport", "cloudmark", "vade", "zscaler", "safelinks",
    "urlscan", "virustotal", "linkcheck", "scanner", "bot/", "bot;", "bot)", "+http", "spider",
    "crawl", "headless",
    "phantomjs", "python-requests", "python-httpx", "aiohttp", "curl/", "wget/", "go-http-client",
    "java/", "okhttp", "apache-httpclient", "libwww-perl", "node-fetch", "axios/", "postman",
    "preview", "slackbot", "whatsapp", "facebookexternalhit",
)  # fmt: skip
# What scanners say who pretend to be a browser and stop there.
_BARE = frozenset({"", "mozilla/5.0", "mozilla/4.0"})

# The hidden link in a mail whose clicks are counted: no reader sees it.
CANARY = "for-machines"

# So many different links within so short a time are followed by no hand.
_BURST = 3
_WITHIN = timedelta(seconds=10)
# What one program does to a mail, it does at one time.
_AROUND = timedelta(minutes=1)


class Trace(NamedTuple):
    """One open (`link` is empty) or click; `machine` is what the provider or the agent said."""

    at: datetime
    link: str
    machine: bool


def known_agent(agent: str) -> bool:
    """Whether a program says by its name that it is no mail program or browser of a person."""
    name = agent.strip().lower()
    return name in _BARE or any(word in name for word in _AGENTS)


def judge(traces: Sequence[Trace]) -> list[bool]:
    """Say of each trace of one reader whether a machine left it; the order does not matter."""
    caught = [one.at for one in traces if one.link.endswith(f"/{CANARY}")]
    caught += _bursts(traces)
    return [one.machine or any(abs(one.at - at) <= _AROUND for at in caught) for one in traces]


def _bursts(traces: Iterable[Trace]) -> list[datetime]:
    """When clicks came in bursts, by the time of each click that was part of one."""
    clicks = sorted({(one.at, one.link) for one in traces if one.link})
    times: list[datetime] = []
    first = 0
    for last, (at, _) in enumerate(clicks):
        while at - clicks[first][0] > _WITHIN:
            first += 1
        if len({link for _, link in clicks[first : last + 1]}) >= _BURST:
            times += [moment for moment, _ in clicks[first : last + 1]]
    return times
