"""What reads as a medical promise, and what only looks like one."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.compose.preflight import Context
from newsletter.compose.preflight.claims import check, promised, sentences
from newsletter.compose.preflight.promises import PROMISES
from newsletter.compose.preflight.proof import Proof
from newsletter.model import Finding, Level, Masthead, Pick, Rendered, Section
from tests.compose.examples import issue, pick


def kinds(text: str) -> set[str]:
    return {
        promise.name
        for sentence in sentences(text)
        for promise in PROMISES
        if promised(sentence, promise)
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A new cure for fibromyalgia.", "cure"),
        ("You should take two tablets every four hours.", "doses"),
        ("Patients should stop taking their opioids.", "doses"),
        ("It heals torn tendons in a week.", "regrows"),
        ("It heals the nerve for good.", "for good"),
        ("It works 100% of the time.", "for good"),
        ("No more pain!", "for good"),
        ("This patch cures migraine within days.", "cure"),
        ("Can a jab cure knee arthritis?", "cure"),
        ("It cured 40 of them, but not Anna.", "cure"),
        ("Not only does it soothe, it cures.", "cure"),
        ("It is not only a cure, it is cheap.", "cure"),
        ("No doubt this is the cure.", "cure"),
        ("The curative power of turmeric.", "cure"),
        ("Experts call it a miracle.", "miracle"),
        ("A miraculous recovery from back pain.", "miracle"),
        ("Nothing short of a miracle.", "miracle"),
        ("Relief is guaranteed.", "guaranteed"),
        ("We guarantee less pain.", "guaranteed"),
        ("Full relief or your money back.", "guaranteed"),
        ("A risk-free injection.", "no risk"),
        ("The gel is 100% safe.", "no risk"),
        ("There is no risk of addiction.", "no risk"),
        ("It works without any risk.", "no risk"),
        ("The tablet is safe and effective.", "no risk"),
        ("A non-addictive painkiller arrives.", "no risk"),
        ("It has no side effects.", "no side effects"),
        ("Works without side effects.", "no side effects"),
        ("A remedy free of side effects.", "no side effects"),
        ("A side-effect-free therapy.", "no side effects"),
        ("Zero known side effects were listed.", "no side effects"),
        ("An FDA-approved laser for pain.", "FDA"),
        ("Our clinic is FDA registered.", "FDA"),
        ("It was cleared by the FDA last week.", "FDA"),
        ("The device got FDA approval.", "FDA"),
        ("Registered with the Food and Drug Administration.", "FDA"),
        ("Clinically proven to ease pain.", "proven"),
        ("A scientifically proven method.", "proven"),
        ("It is proven to work.", "proven"),
        ("Doctor recommended for sciatica.", "proven"),
        ("Permanent relief from back pain.", "for good"),
        ("It permanently ends nerve pain.", "for good"),
        ("Live pain-free for life.", "for good"),
        ("Never feel knee pain again.", "for good"),
        ("Ends chronic pain forever.", "for good"),
        ("No study compared them, and yet it is a cure.", "cure"),
        ("Instant pain relief in one patch.", "for good"),
        ("100% effective in the clinic.", "for good"),
        ("It works for everyone.", "for good"),
        ("The gel regenerates cartilage.", "regrows"),
        ("It can regrow worn knee cartilage.", "regrows"),
        ("Injections that rebuild damaged discs.", "regrows"),
        ("The implant grew new cartilage.", "regrows"),
        ("It rebuilds the knee’s worn-out cartilage.", "regrows"),
        ("The therapies aim to rebuild and repair your knee cartilage.", "regrows"),
        ("Cells that regenerate and help heal the tissue in your joint.", "regrows"),
        ("This therapy can not only repair the cartilage, it lasts.", "regrows"),
        ("It may also prevent future injury to the joint.", "regrows"),
        ("There are no rules or regulations that govern stem cell therapy.", "unregulated"),
        ("These injections are largely unregulated.", "unregulated"),
        ("The band eliminates pain permanently.", "for good"),
        ("Eliminate your chronic pain at home.", "for good"),
        ("For new patients, start with 5 mg every six hours.", "doses"),
        ("Do not exceed 90 MME a day.", "doses"),
        ("Never take more than 8 tablets.", "doses"),
        ("The usual starting dose is 10 mg.", "doses"),
        ("The FDA approved the drug for acute pain.", "FDA"),
        ("It reverses arthritis.", "regrows"),
        ("The light heals nerve damage.", "regrows"),
        ("Take 400 mg of ibuprofen twice a day.", "doses"),
        ("You can safely take 50 mg at night.", "doses"),
        ("Patients should start with 2.5 ml of oil.", "doses"),
        ("Please take two tablets, then use 10 drops.", "doses"),
        ("Double your opioid dose on bad days.", "doses"),
        ("It is time to stop taking your antidepressants.", "doses"),
        ("The recommended daily dose is 60 mg.", "doses"),
        ("A breakthrough for migraine.", "hype"),
        ("A game-changer in spine care.", "hype"),
    ],
)
def test_an_editor_is_shown_a_promise(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no cure for fibromyalgia.",
        "No more pain was reported in the treated group than in the other.",
        "Patients should not stop taking opioids abruptly, says the guideline.",
        "Doctors recommended physiotherapy to most of them.",
        "Complete relief at two hours was seen in 21 percent against 11 percent.",
        "Guaranteed access to a pain clinic is the aim of the new law.",
        "The maker withdrew its claim that the device is risk-free.",
        "One in three people had no pain after a year.",
        "Participants took one tablet every morning for a year.",
        "A damaged nerve heals at about a millimetre a day.",
        "The maximum dose in the trial was 60 mg.",
        "There is still no known cure, doctors say.",
        "It isn't a cure.",
        "It isn’t a cure, or a replacement for exercise.",
        "A cure has not been found.",
        "A cure remains elusive.",
        "The search for a cure goes on.",
        "Rather than a cure, they offer coping skills.",
        "Treatment without a promise of cure.",
        "The procurement of security and manicures.",
        "The cement needs a cure time of ten minutes.",
        "Surgery with curative intent.",
        "No miracle, but less pain.",
        "The FDA warned a clinic that spoke of a miracle.",
        "It is no guarantee of relief.",
        "Relief is not guaranteed.",
        "Nobody can guarantee that it helps.",
        "It is not risk-free.",
        "Smoking is a risk factor.",
        "Studies with no risk of bias were rare.",
        "It is not without risk.",
        "It is not free of side effects.",
        "No treatment is without side effects.",
        "Side effects were common.",
        "There were no serious adverse events in 40 people.",
        "It is not FDA approved.",
        "It isn't FDA-approved for pain.",
        "No stem-cell product is FDA approved for knees.",
        "The FDA has not approved it.",
        "The FDA opened a comment period.",
        "It has never been clinically proven.",
        "It was not proven to work.",
        "There is no permanent relief.",
        "It has not been approved by the FDA.",
        "The clinic lacks FDA approval.",
        "The maker is seeking FDA approval.",
        "They sell it without FDA approval.",
        "Unapproved by the FDA, it is still sold.",
        "Fibromyalgia cannot be cured.",
        "It can’t be cured yet.",
        "They asked whether the drug cures migraine.",
        "There is no evidence that stem-cell injections regenerate cartilage.",
        "There are no long-term studies that confirm the effectiveness of this therapy as a cure.",
        "Little high-quality evidence backs what these clinics say to patients of a cure.",
        "Many women stop taking their medications when pregnant.",
        "The relief lasted six weeks.",
        "No treatment has been shown to regrow cartilage.",
        "It does not regenerate cartilage.",
        "Cartilage loss was measured by MRI.",
        "Surgeons repaired the torn ligament in 40 people.",
        "The therapy does not repair the cartilage.",
        "The new rules apply to stem-cell clinics from May.",
        "The trial took place at a centre for regenerative medicine.",
        "Participants received 50 mg of pregabalin daily.",
        "Half of them were given 10 mg, half a placebo.",
        "The 400 mg group reported less pain.",
        "Do not stop taking your opioids suddenly.",
        "Never double your dose.",
        "Talk to your doctor about your medication.",
        "Breakthrough pain is common in cancer.",
        "The drug got a breakthrough therapy designation.",
        "Exercise eased pain by 1.2 points on a scale of 10.",
    ],
)
def test_an_editor_is_not_bothered_by_a_denial_or_a_report(text: str) -> None:
    assert kinds(text) == set()


def findings(**changes: object) -> list[Finding]:
    one = pick(1, **changes)
    proof = Proof(
        issue(sections={Section.NEWS: (one,)}),
        Rendered("", "", "", ""),
        Masthead("", ""),
        Context(date(2026, 11, 20)),
    )
    return list(check(proof))


def test_a_finding_quotes_its_sentence_and_says_what_to_write() -> None:
    (found,) = findings(blurb="They ran a trial, e.g. in Rome. The gel **cures** pain. It is blue.")

    assert found.level is Level.WARNING
    assert found.place == "news[1].blurb"
    assert found.text == "“The gel cures pain.” speaks of a cure."
    assert found.cure.startswith("Say who found it, in how many people")


@pytest.mark.parametrize("place", ["headline", "blurb"])
def test_claims_are_looked_for_in_headline_and_blurb(place: str) -> None:
    assert [found.place for found in findings(**{place: "A miracle pill"})] == [f"news[1].{place}"]


@pytest.mark.parametrize(
    "words",
    ["Stem cells for knees", "PRP or saline?", "Exosomes in back pain", "Umbilical cord cells"],
)
def test_a_regenerative_story_reminds_of_the_fdas_position(words: str) -> None:
    (found,) = findings(headline=words)

    assert "no such product for orthopaedic conditions" in found.text
    assert found.place == "news[1]"


@pytest.mark.parametrize(
    "words",
    [
        "It is not FDA approved.",
        "Such products are unapproved.",
        "The FDA has not approved it for pain.",
        "No stem-cell product is approved for this.",
    ],
)
def test_a_regenerative_story_that_tells_its_status_needs_no_reminder(words: str) -> None:
    assert findings(headline="Stem cells for knees", blurb=f"A trial in 40 people. {words}") == []


def test_a_pick_without_claims_is_silent() -> None:
    plain: Pick = pick(1)

    assert findings(headline=plain.headline, blurb=plain.blurb) == []
