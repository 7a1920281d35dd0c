"""Which mailbox provider an address belongs to, by a table of domains.

Bounces and waits come by provider: one that refuses our mail shows here first. Domains that
firms and universities run themselves are `OTHER`, whoever hosts them.
"""

from __future__ import annotations

from functools import lru_cache

OTHER = "other"

# Domains of one provider, written out.
_DOMAINS = {
    "Gmail": "gmail.com googlemail.com",
    "Outlook": "msn.com passport.com windowslive.com",
    "Yahoo": "ymail.com rocketmail.com myyahoo.com verizon.net aim.com netscape.net",
    "Yahoo Japan": "yahoo.co.jp ybb.ne.jp",
    "iCloud": "icloud.com me.com mac.com",
    "GMX and WEB.DE": "web.de mail.com email.de caramail.com",
    "Proton": "proton.me protonmail.com protonmail.ch pm.me",
    "T-Online": "t-online.de magenta.de",
    "Freenet": "freenet.de",
    "Swisscom": "bluewin.ch bluemail.ch",
    "Orange": "orange.fr wanadoo.fr voila.fr",
    "SFR": "sfr.fr neuf.fr club-internet.fr cegetel.net numericable.fr",
    "Free": "free.fr aliceadsl.fr",
    "La Poste": "laposte.net",
    "Libero": "libero.it virgilio.it iol.it inwind.it blu.it giallo.it",
    "Telecom Italia": "tim.it tin.it alice.it",
    "KPN": "kpnmail.nl planet.nl hetnet.nl kpnplanet.nl xs4all.nl",
    "Ziggo": "ziggo.nl home.nl upcmail.nl chello.nl casema.nl",
    "Telenet": "telenet.be",
    "BT": "btinternet.com btopenworld.com talk21.com",
    "Sky": "sky.com",
    "NHSmail": "nhs.net",
    "Comcast": "comcast.net xfinity.com",
    "AT&T": "att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net swbell.net",
    "Spectrum": "charter.net roadrunner.com rr.com twc.com brighthouse.com",
    "Cox": "cox.net",
    "Rogers and Bell": "rogers.com bell.net sympatico.ca",
    "Shaw and Telus": "shaw.ca telus.net",
    "Telstra": "bigpond.com bigpond.net.au telstra.com",
    "Optus": "optusnet.com.au",
    "Seznam": "seznam.cz email.cz post.cz",
    "WP": "wp.pl o2.pl tlen.pl",
    "Onet": "onet.pl op.pl poczta.onet.pl vp.pl",
    "Interia": "interia.pl interia.eu poczta.fm",
    "Mail.ru": "mail.ru inbox.ru bk.ru list.ru internet.ru",
    "Yandex": "ya.ru",
    "UOL": "uol.com.br bol.com.br",
    "Terra": "terra.com.br terra.com terra.es",
    "Rediff": "rediffmail.com",
    "Tencent": "qq.com foxmail.com vip.qq.com",
    "NetEase": "163.com 126.com yeah.net vip.163.com",
    "Sina": "sina.com sina.cn",
    "Naver": "naver.com",
    "Daum and Kakao": "daum.net hanmail.net kakao.com",
    "Docomo": "docomo.ne.jp",
    "KDDI": "ezweb.ne.jp au.com",
    "SoftBank": "softbank.ne.jp i.softbank.jp",
    "Fastmail": "fastmail.com fastmail.fm",
    "Zoho": "zoho.com zohomail.com zohomail.eu",
    "Posteo": "posteo.de posteo.net",
    "mailbox.org": "mailbox.org",
    "Tuta": "tuta.com tuta.io tutanota.com tutanota.de",
    "HEY": "hey.com",
}

# Providers with a domain in many countries: hotmail.fr, yahoo.com.br, gmx.at.
_FAMILIES = {
    "hotmail": "Outlook",
    "outlook": "Outlook",
    "live": "Outlook",
    "yahoo": "Yahoo",
    "aol": "Yahoo",
    "gmx": "GMX and WEB.DE",
    "yandex": "Yandex",
}
# What may follow the name of a family: `.com`, `.fr`, `.co.uk`, `.com.br`.
_LONGEST_ENDING = 3

_BY_DOMAIN = {domain: name for name, text in _DOMAINS.items() for domain in text.split()}


def mailbox(email: str) -> str:
    """Give the provider's name for an address in lower case; `OTHER` where the table has none."""
    domain = email.rpartition("@")[2]
    return _BY_DOMAIN.get(domain) or _family(domain)


@lru_cache(maxsize=10_000)
def _family(domain: str) -> str:
    first, _, ending = domain.partition(".")
    name = _FAMILIES.get(first)
    parts = ending.split(".")
    if name and len(parts) <= 2 and all(0 < len(part) <= _LONGEST_ENDING for part in parts):
        return name
    return OTHER
