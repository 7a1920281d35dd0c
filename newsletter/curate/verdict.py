"""One post, judged: relevance, section, evidence, each with its reason."""

from __future__ import annotations

from newsletter.curate import evidence, relevance, sections, weighing
from newsletter.curate.features import measure
from newsletter.model import Candidate, Evidence, Post, Verdict


def judge(post: Post, *, prior: float | None = None) -> Verdict:
    """Say whether `post` is about pain medicine and where it belongs, with reasons.

    `prior` is the share (0..1) of its source's posts that are on topic, if that is known.
    """
    measured = measure(post.title, post.text)
    score = weighing.relevance(measured.figures, prior)
    relevant = score >= weighing.threshold()
    placed = sections.place(post, measured)
    rests = evidence.recognise(post, measured, placed.section)
    return Verdict(
        score=round(score, 4),
        relevant=relevant,
        section=placed.section,
        reasons=relevance.reasons(measured, relevant=relevant, prior=prior),
        section_reason=placed.reason,
        evidence=rests.evidence,
        signals=rests.signals,
    )


def explain(candidate: Candidate) -> str:
    """Tell in plain sentences why a post was chosen or left out, and where it was put."""
    verdict = candidate.verdict
    chosen = "Relevant" if verdict.relevant else "Not relevant"
    because = "; ".join(verdict.reasons) or "nothing in it speaks for or against"
    said = [f"{chosen}, score {verdict.shown:.2f} of 1: {because}."]
    said.append(f"Section {verdict.section.title}: {verdict.section_reason}.")
    if verdict.evidence is not Evidence.NONE:
        said.append(f"It rests on: {verdict.evidence.value}.")
    if verdict.signals:
        said.append(f"Take note: {', '.join(verdict.signals)}.")
    return "\n".join(said)
