"""Web addresses: made comparable, cleaned of tracking, resolved.

Three readings of one address, from the most faithful to the most forgetful:

- `clean` is the address to follow: as written, but out of its wrapping and without tracking.
- `canonical` is the address that names a page: clean, in one spelling (RFC 3986, section 6).
- `identity` is what two addresses of one page have in common: canonical without scheme,
  `www.` and mobile or AMP host names, which sites change without changing the page.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

import idna

# Parameters that say how a reader came, never what the page is. A trailing * is a prefix.
# Sources: the lists of ClearURLs and of Brave's debouncing, and what feeds were seen to send.
TRACKING = (
    *("utm_*", "mtm_*", "pk_*", "matomo_*", "piwik_*", "hsa_*", "oly_*", "ns_*", "vero_*"),
    *("fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid"),
    *("igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "__hstc", "__hssc"),
    *("__hsfp", "_ga", "_gl", "cmpid", "cmp", "ncid", "ocid", "smid", "s_cid", "rss", "source_rss"),
    *("ref_src", "ref_url", "referrer", "ref", "spm", "trk", "wt_mc", "wt.mc_id", "xtor"),
    *("at_medium", "at_campaign", "feature_share", "guccounter", "guce_referrer", "sr_share"),
)

# Parameters that mean something elsewhere and nothing on these hosts (and those below them).
# PubMed's feeds write a new ff= into every link every day; Wiley's and Sage's af=R says "RSS".
TRACKING_AT = {
    "pubmed.ncbi.nlm.nih.gov": ("fc", "ff", "v"),
    "onlinelibrary.wiley.com": ("af", "campaign"),
    "journals.sagepub.com": ("af", "ai", "mi"),
    "tandfonline.com": ("af", "ai", "mi"),
    "sciencedirect.com": ("dgcid", "via"),
    "thelancet.com": ("rss", "dgcid"),
    "medscape.com": ("src", "uac", "impid", "faf"),
    "youtube.com": ("feature", "si", "ab_channel"),
    "nytimes.com": ("partner", "emc", "module"),
    "bbc.co.uk": ("at_bbc_team",),
}

# Addresses that only carry another one: host, start of the path, parameters that hold it.
WRAPPERS = (
    ("google.com", "/url", ("url", "q")),
    ("l.facebook.com", "/l.php", ("u",)),
    ("lm.facebook.com", "/l.php", ("u",)),
    ("out.reddit.com", "/", ("url",)),
    ("getpocket.com", "/redirect", ("url",)),
    ("t.umblr.com", "/redirect", ("z",)),
    ("feedly.com", "/i/entry", ("url",)),
    ("slack-redir.net", "/link", ("url",)),
)

# https://developers.google.com/amp: cached copies carry the page's address in their path.
_AMP_CACHE = re.compile(r"^/(?:amp|[a-z])(?P<s>/s)?/(?P<rest>[^/]+\..+)$")
_AMP_PARAMETERS = {"amp": {"", "1", "true"}, "outputtype": {"amp"}}
_SAME_SITE = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")

# Fragments that are addresses of their own: single pages that draw every post by script.
_ROUTES = ("!", "/")

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SPACE = re.compile(r"[\x00-\x20\x7f\u00a0\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ABSOLUTE = re.compile(r"https?://[^/?#]")
_NOTHING_TO_ESCAPE = re.compile(r"[A-Za-z0-9._~/-]*")
_MOST = 4096  # longer addresses than any browser or mail program follows are left as they are


def is_http(url: str) -> bool:
    """Say whether `url` is an absolute http or https address with a host."""
    parts = _split(url)
    return parts is not None and parts.scheme in _DEFAULT_PORTS and bool(parts.hostname)


def resolve(base: str, link: str) -> str:
    """Give `link` as an absolute address seen from `base`; "" if it is none that can be followed.

    Anything but http and https (javascript:, data:, mailto:, file:) counts as none.
    """
    link = _squeezed(link)
    try:
        absolute = link if _ABSOLUTE.match(link) else urljoin(base, link) if link else ""
    except ValueError:
        return ""
    return absolute if is_http(absolute) else ""


def clean(url: str) -> str:
    """Give the address to follow: unwrapped, without tracking, otherwise as it was written."""
    parts = _unwrap(url)
    if parts is None:
        return url.strip()
    kept = "&".join(_kept(parts)) if parts.query else ""
    return urlunsplit(parts._replace(query=kept, netloc=_netloc(parts)))


@lru_cache(maxsize=8192)
def canonical(url: str) -> str:
    """Give the one spelling of the page's address; doing it twice changes nothing.

    Scheme and host in lower case, no credentials, no default port, no fragment, parameters
    sorted, escapes as in RFC 3986, no trailing slash, no AMP variant. What is not http(s)
    comes back trimmed.
    """
    parts = _unwrap(url)
    if parts is None:
        return url.strip()
    route = parts.fragment if parts.fragment.startswith(_ROUTES) else ""
    return urlunsplit(
        (
            parts.scheme,
            _netloc(parts),
            _path(parts.path),
            _query(parts),
            _escapes(route, "/:@!$&'()*,;=?"),
        )
    )


def identity(url: str) -> str:
    """Give what all addresses of one page share: canonical, without scheme and `www.`."""
    return bare(canonical(url))


def bare(canonical_url: str) -> str:
    """Give the identity of an address that is canonical already."""
    scheme, found, rest = canonical_url.partition("://")
    if not found or scheme not in _DEFAULT_PORTS:
        return canonical_url
    return _SAME_SITE.sub("", rest)


def host(url: str) -> str:
    """Give the host in lower case, without port; "" if there is none."""
    parts = _split(url)
    return (parts.hostname or "") if parts else ""


def on_this_machine(url: str) -> bool:
    """Say whether an address leads to nobody but the machine itself."""
    name = host(url)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def place(canonical_url: str) -> str:
    """Give path and parameters of a canonical address, to know a page again after a move."""
    parts = _split(canonical_url)
    return urlunsplit(("", "", parts.path, parts.query, "")) if parts else ""


def path(url: str) -> str:
    """Give path and parameters of the canonical form of an address."""
    return place(canonical(url))


def without_credentials(url: str) -> str:
    """Drop `user:password@`, for messages."""
    parts = _split(url)
    if parts is None or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _squeezed(url: str) -> str:
    """Take white space out as browsers do: line ends vanish, inner spaces are escaped."""
    url = url.replace("\n", "").replace("\r", "").replace("\t", "")
    return _SPACE.sub(" ", url).strip().replace(" ", "%20")


@lru_cache(maxsize=4096)
def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        return None
    return parts._replace(scheme=parts.scheme.lower())


def _unwrap(url: str) -> SplitResult | None:
    """Follow wrappers and AMP caches down to the page's own address; None if not http(s)."""
    url = _squeezed(url)
    if len(url) > _MOST or not is_http(url):
        return None
    for _ in range(4):
        parts = _split(url)
        assert parts is not None  # is_http was true of it
        inner = _wrapped(parts)
        if not is_http(inner):
            break
        url = inner
    return _split(url)


def _wrapped(parts: SplitResult) -> str:
    name = (parts.hostname or "").removeprefix("www.")
    if name.endswith("cdn.ampproject.org") or (
        name == "google.com" and parts.path.startswith("/amp/")
    ):
        match = _AMP_CACHE.match(parts.path)
        if match:
            query = f"?{parts.query}" if parts.query else ""
            return f"{'https' if match['s'] else 'http'}://{match['rest']}{query}"
    for wrapper, start, names in WRAPPERS:
        if name == wrapper and parts.path.startswith(start):
            values = dict(parse_qsl(parts.query))
            return next((values[key] for key in names if is_http(values.get(key, ""))), "")
    return ""


def _kept(parts: SplitResult) -> list[str]:
    name = (parts.hostname or "").removeprefix("www.")
    local = {
        word
        for site, words in TRACKING_AT.items()
        if name == site or name.endswith("." + site)
        for word in words
    }
    return [
        pair for pair in parts.query.split("&") if pair and not _tracks(pair.split("=")[0], local)
    ]


def _tracks(parameter: str, local: set[str]) -> bool:
    parameter = unquote(parameter).lower()
    return parameter in local or parameter in _EXACT or parameter.startswith(_PREFIXES)


_EXACT = frozenset(word for word in TRACKING if not word.endswith("*"))
_PREFIXES = tuple(word[:-1] for word in TRACKING if word.endswith("*"))


def _netloc(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".")
    if ":" in name:
        name = f"[{name}]"
    elif not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            name = quote(name, safe="")
    port = parts.port
    usual = _DEFAULT_PORTS.get(parts.scheme)
    return name if port is None or port == usual else f"{name}:{port}"


def _path(raw: str) -> str:
    clean_path = _dots(_escapes(raw, "/:@!$&'()*+,;="))
    clean_path = re.sub(r"/{2,}", "/", clean_path)
    while True:
        shorter = re.sub(r"(?:/|(?<=[^/])/amp|/index\.(?:html?|php))$", "", clean_path)
        if shorter == clean_path:
            return clean_path or "/"
        clean_path = shorter


def _query(parts: SplitResult) -> str:
    if not parts.query:
        return ""
    pairs = [_escapes(pair, "/:@!$'()*,;=?") for pair in _kept(parts)]
    return "&".join(sorted(pair for pair in pairs if not _is_amp(pair)))


def _is_amp(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return value.lower() in _AMP_PARAMETERS.get(name.lower(), ())


def _escapes(text: str, safe: str) -> str:
    """Write escapes in one way: unreserved letters plain, the rest as %XX in capitals."""
    if _NOTHING_TO_ESCAPE.fullmatch(text):
        return text

    def one(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in _UNRESERVED else f"%{match[1].upper()}"

    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return _ESCAPE.sub(one, quote(text, safe=safe + "%+~", errors="replace"))


def _dots(text: str) -> str:
    """Take `.` and `..` out of a path (RFC 3986, 5.2.4)."""
    if "/." not in text and not text.startswith("."):
        return text
    kept: list[str] = []
    segments = text.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)
