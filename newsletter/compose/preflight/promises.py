"""The words of medical claims, as data: what is looked for, what it says, how to put it better.

Sources: the FTC's Health Products Compliance Guidance (2022) on claims that need trials, and
the FDA's consumer notices on regenerative medicine products.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.model import Level


@dataclass(frozen=True, slots=True)
class Promise:
    """One kind of claim. `says` completes the sentence “…” with a verb."""

    name: str
    says: str
    cure: str
    patterns: tuple[re.Pattern[str], ...]
    level: Level = Level.WARNING
    deniable_after: bool = True


def _words(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_WHO = "Say who found it, in how many people, compared with what; or take the promise out."
_ILLS = (
    r"(?:chronic |back |knee |joint |nerve |neck )*(?:pain|arthritis|osteoarthritis|neuropathy|"
    r"fibromyalgia|migraines?|sciatica|inflammation|disease|damage|ag(?:e)?ing)"
)
_TISSUE = (
    r"(?:cartilage|discs?|disks?|nerves?|joints?|tendons?|ligaments?|menisc(?:us|i)|"
    r"tissues?|bones?)"
)
_MEND = r"(?:repair|heal|mend|restore|renew)(?:s|ed|ing)?"
_FEW = r"(?: [\w’'-]+){0,3}"
_DRUGS = (
    r"(?:dos(?:e|es|age)|opioids?|medications?|medicines?|pills?|tablets?|painkillers?|"
    r"prescriptions?|antidepressants?|drugs?)"
)
_NUMBER = r"(?:\d+(?:[.,]\d+)?|one|two|three|four|half an?)"
_AMOUNT = (
    rf"{_NUMBER}\s?(?:-|–|to)?\s?(?:\d+\s?)?(?:mg|mcg|µg|μg|milligrams?|micrograms?|grams?|g|"
    r"ml|iu|units?|tablets?|pills?|capsules?|drops?|gummies|patches|puffs?|mme)\b"
)
_DO = r"(?:take|start|begin|use|try|swallow|inject|apply|increase|raise|double|switch)"
_LESS = (
    r"(?:increase|raise|double|triple|lower|reduce|cut|halve|skip|stop|quit|taper|adjust|combine)"
)

PROMISES = (
    Promise(
        "cure",
        "speaks of a cure",
        _WHO,
        _words(
            r"(?<!pro)(?<!se)\bcure(?:s|d|-all)?\b(?! (?:rate|time|resin|cement))",
            r"\b(?:curing|curative)\b(?! (?:intent|surgery|resection|time))",
        ),
    ),
    Promise("miracle", "speaks of a miracle", _WHO, _words(r"\bmirac(?:le|ulous)\w*")),
    Promise(
        "guaranteed",
        "guarantees something",
        "Nobody can guarantee relief. Say in how many of the people it helped, and how much.",
        _words(
            r"\bguarante(?:e|es|ed|eing)\b(?! (?:access|income|minimum|rights?|places?)\b)",
            r"\bor your money back\b",
        ),
    ),
    Promise(
        "no risk",
        "says that there is no risk",
        "Say which risks were looked for, in how many people and for how long.",
        _words(
            r"\brisk[- ]free\b",
            r"\b(?:zero|no|without(?: any)?) risks?\b(?! (?:factors?|of bias|difference|assess))",
            r"\b(?:100 ?%|completely|totally|perfectly|entirely|absolutely) safe\b",
            r"\bsafe and effective\b",
            r"\bnon[- ]?addictive\b|\bnot addictive\b",
        ),
    ),
    Promise(
        "no side effects",
        "says that there are no side effects",
        "Say which side effects were looked for, in how many people and for how long.",
        _words(
            r"\b(?:no|zero|without(?: any)?|free (?:of|from))(?: (?:known|harmful|negative|"
            r"unwanted|reported|nasty|real|dangerous))? (?:side[- ]effects?|adverse effects?)",
            r"\bside[- ]effects?[- ]free\b",
        ),
    ),
    Promise(
        "FDA",
        "speaks of the FDA's approval or registration",
        "Say what exactly was approved, for which use and in whom, and link to the FDA's own "
        "page. A registration, a clearance or a trial's number is no approval.",
        _words(
            r"\bFDA[- ](?:approved|registered|cleared|certified|endorsed|compliant)\b",
            r"\b(?:approved|registered|cleared|certified|endorsed) (?:by|with) the "
            r"(?:FDA|(?:U\.?S\.? )?Food and Drug Administration)\b",
            r"\bFDA (?:approval|registration|clearance|certification)\b",
        ),
    ),
    Promise(
        "proven",
        "calls something proven",
        _WHO,
        _words(
            r"\b(?:clinically|scientifically|medically) (?:proven|proved)\b",
            r"\bproven(?: \w+)? (?:to|cure|remedy|relief|treatment|way)\b",
            r"\bproof that \w+ works\b",
            r"\bdoctors? hates?\b|\bdoctor[- ](?:recommended|approved)\b",
        ),
    ),
    Promise(
        "for good",
        "promises relief that is complete or lasts for ever",
        "Say how much pain was left, after how long, in how many people.",
        _words(
            r"\b(?:permanent|lifelong|total|complete|instant|immediate|guaranteed) (?:pain[- ])?"
            r"(?:relief|cure|solution|fix|freedom)\b"
            # What trials count: "complete relief at two hours".
            r"(?! (?:at|within|after) [\w-]+ (?:minutes|hours|days|weeks))",
            r"\bpermanently (?:\w+ )?(?:relie|end|eliminat|cure|heal|fix|remov|free|stop)\w*",
            r"\b(?:100 ?%|completely|totally) (?:effective|pain[- ]free|cured|healed)\b",
            r"\bpain[- ]free (?:for (?:life|good|ever)|forever)\b",
            r"\bnever (?:feel|have|suffer)(?: \w+){0,2} pain again\b",
            rf"\b(?:ends?|stops?|erases?|eliminates?|banish(?:es)?|melts?)(?: \w+)?(?: away)?"
            rf" {_ILLS}"
            r"(?: \w+)? (?:forever|for good|for ever|once and for all|completely|instantly|"
            r"permanently)\b",
            r"\beliminat(?:e|es|ing) (?:all |your |chronic )*pain\b",
            r"\bsay goodbye to\b|\bonce and for all\b",
            r"\bworks (?:for everyone|every time|in everyone|always|100 ?% of the time)\b|"
            r"\balways works\b",
            rf"\bheals?(?: \w+){{0,2}} (?:{_TISSUE}|{_ILLS})(?: \w+)? "
            r"(?:for good|forever|completely)\b",
            r"\bno more (?:\w+ )?pain\b(?=\W*$)|\b(?:throw|toss) (?:away|out) your \w+",
        ),
        deniable_after=False,
    ),
    Promise(
        "regrows",
        "says that tissue grows again",
        "Say in whom or in what it was seen, how it was measured, and whether they felt better.",
        _words(
            r"\b(?:regenerat|regrow|re-grow|rebuild|regain)(?:e|es|ed|s|n|ing)?\b"
            rf"{_FEW} {_TISSUE}\b",
            rf"\b(?:regrew|rebuilt|grows? (?:back|new)|grew (?:back|new)){_FEW} {_TISSUE}\b",
            r"\brestor(?:e|es|ed|ing)(?: \w+){0,2} cartilage\b",
            rf"\b(?:regenerate|rebuild|regrow)(?:s|ing)?(?:,| and| or)(?: help)? {_MEND}{_FEW}"
            rf" {_TISSUE}\b",
            rf"\b(?:therap\w+|treatments?|injections?|cells?|gels?|supplements?)\b"
            rf"(?: (?!not\b|never\b|cannot\b)\w+){{0,4}}"
            rf" {_MEND} (?:the |your |damaged |worn |torn ){{1,3}}{_TISSUE}\b",
            rf"\bheals? (?:torn|damaged|worn|injured|herniated) {_TISSUE}\b",
            r"\bprevents? (?:future|further|any) (?:injury|damage|wear)\b",
            rf"\b(?:revers(?:e|es|ed|ing)|heals?)(?: (?:your|the|all))? {_ILLS}\b",
        ),
    ),
    Promise(
        "doses",
        "reads as advice on doses",
        "Report what was given in the study, in the past tense; leave doses to the reader's "
        "doctor.",
        _words(
            rf"(?:^|[,;:]\s*)(?:(?:just|simply|please|always|then|safely)\s+)?{_DO}\b[^.;]{{0,40}}?"
            rf"\b{_AMOUNT}",
            rf"\b(?:you|readers|patients|people|adults|sufferers|one)\s+(?:can|should|may|could|must|"
            rf"need to|ought to)\s+(?:\w+\s+)?{_DO}\b[^.;]{{0,40}}?\b{_AMOUNT}",
            rf"\b{_LESS}(?:ping|ing)?(?: \w+)? your (?:\w+ ){{0,2}}{_DRUGS}\b",
            r"\b(?:do not|don[’']t|never|not) (?:exceed|take more than)\b[^.;]{0,30}\d",
            rf"\bstop taking (?:your |the |all )?(?:(?!their|his|her|my)\w+ )?{_DRUGS}\b",
            r"\b(?:you|readers|patients|people|sufferers) (?:should|must|ought to|need to) "
            rf"(?:(?!not\b|never\b)\w+ )?(?:stop|quit|start|begin) taking (?:\w+ )?{_DRUGS}\b",
            r"\b(?:one|an?|two|three) (?:pill|tablet|capsule)s? (?:a|per|every|each) "
            r"(?:day|night|morning|week)\b[^.;]{0,20}\b(?:keeps?|ends?|stops?|beats?)\b",
            rf"\b{_AMOUNT}[^.;]{{0,12}}\b(?:morning|night)(?:,? and (?:at )?night)?\b(?=\W*$)",
            r"\b(?:recommended|safe|right|correct|ideal|best|usual|starting|maximum)"
            r"(?: \w+)? dos(?:e|age)"
            rf"(?: \w+){{0,4}} (?:is|are|of)\s(?:\w+ ){{0,3}}{_AMOUNT}",
            rf"\b{_AMOUNT}(?: \w+)? (?:once|twice|three times|every)\b[^.;]{{0,30}}\bwill\b",
        ),
        deniable_after=False,
    ),
    Promise(
        "unregulated",
        "says that no rules hold",
        "The FDA regulates products made of human cells and tissues (21 CFR 1271) and devices; "
        "find out what holds for this one, or leave it out.",
        _words(
            r"\bno (?:\w+ ){0,3}(?:rules?|regulations?|laws?|oversight)\b[^.;]{0,60}"
            r"\b(?:govern|FDA|stem[- ]cell|apply|exist)",
            r"\b(?:is|are|remains?) (?:entirely |completely |still |largely )?unregulated\b",
        ),
        deniable_after=False,
    ),
    Promise(
        "hype",
        "praises more than it tells",
        "Say what is new in it, and how large the effect was.",
        _words(
            r"\bbreakthroughs?\b(?! (?:(?:cancer )?pain|bleeding|seizures?|infections?|doses?|"
            r"therapy|device|designation|medication))",
            r"\brevolutionary\b|\bgame[- ]chang(?:er|ers|ing)\b|\bwonder drug\b|\bmagic bullet\b",
            r"\bdoctors (?:do not|don[’']t) want you to know\b|\bsecret (?:remedy|cure|weapon)\b",
        ),
        level=Level.NOTE,
    ),
)

REGENERATIVE = re.compile(
    r"\bstem[- ]cells?\b|\bPRP\b|\bplatelet[- ]rich (?:plasma|fibrin)\b|\bexosomes?\b|"
    r"\b(?:amniotic|umbilical|placental|birth)[- ]"
    r"(?:fluid|tissue|cord|membrane|cells?|allograft)\w*|"
    r"\bWharton[’']?s jelly\b|\bbone marrow (?:aspirate|concentrate)\w*|\bBMAC\b|"
    r"\bstromal vascular\b|"
    r"\bregenerative (?:medicine|therap\w+|treatments?|injections?|products?)\b|"
    r"\bsecretome\b",
    re.IGNORECASE,
)
# Words that already tell the reader that it is not approved.
STATUS_SAID = re.compile(
    r"\b(?:un|not |isn[’']t |aren[’']t |never |no (?:\w+[- ]){0,4})(?:been |yet |is |are )*"
    r"(?:FDA[- ])?(?:approved|licensed|authori[sz]ed)\b|"
    r"\bhas(?:n[’']t| not|n't)(?: yet)? (?:approved|authori[sz]ed|licensed)\b|"
    r"\bwithout (?:FDA )?approval\b",
    re.IGNORECASE,
)
