"""Where a post is printed, and what it rests on."""

from __future__ import annotations

import pytest

from newsletter.curate import judge
from newsletter.model import Evidence, Section
from tests.curate.posts import post

REPORT = (
    "People with chronic back pain who walked three times a week went longer without a relapse, "
    "a randomized trial found. The study, published in the journal on Monday, followed 700 adults. "
    "“We were surprised,” said the lead author. Researchers compared them with a control group."
)
EXPLAINER = (
    "Sciatica is a symptom of a problem with the sciatic nerve. It is caused by a herniated disc "
    "or a bone spur. Symptoms include pain that runs down the leg, tingling and numbness. Risk "
    "factors are age and sitting. See a doctor if it lasts. A physical exam gives the diagnosis."
)
PROCEDURE = (
    "Radiofrequency ablation is a procedure that uses heat to stop a nerve from sending pain "
    "signals. Before the procedure the skin is numbed with an anesthetic. The needle is guided by "
    "fluoroscopy. What to expect afterwards: soreness for a few days. Relief can last a year."
)

PLACED = {
    "a trial reported": ("Walking keeps back pain away, study finds", REPORT, Section.NEWS),
    "a regulator's act": (
        "FDA approves first drug of its kind for acute pain",
        "The Food and Drug Administration approved a drug for acute pain on Thursday, its maker "
        "announced. In two trials it relieved pain better than placebo.",
        Section.NEWS,
    ),
    "a structured abstract": (
        "Epidural steroid injection for lumbar radiculopathy",
        "Objective: To compare two doses. Methods: 80 patients were randomized. Results: Pain "
        "scores fell in both groups. Conclusion: The lower dose was as effective.",
        Section.NEWS,
    ),
    "a condition explained": ("Sciatica", EXPLAINER, Section.CONDITIONS),
    "causes and symptoms": (
        "Shoulder pain: causes and symptoms",
        "Shoulder pain is common. Causes of shoulder pain are bursitis and arthritis. "
        "Symptoms include stiffness. When to see a doctor: if there is swelling.",
        Section.CONDITIONS,
    ),
    "a procedure explained": (
        "Radiofrequency ablation: what to expect",
        PROCEDURE,
        Section.TREATMENTS,
    ),
    "self-care": (
        "Seven stretches to relieve neck pain at your desk",
        "These exercises relieve neck pain. Stretch slowly and use heat. Strengthen your back "
        "twice a week. Massage and a better chair help too.",
        Section.TREATMENTS,
    ),
}


@pytest.mark.parametrize("case", PLACED)
def test_a_reader_finds_a_post_in_the_section_it_belongs_to(case: str) -> None:
    title, text, section = PLACED[case]

    verdict = judge(post(title, text))

    assert verdict.section is section, verdict.section_reason


def test_the_address_can_say_the_section() -> None:
    title, text = (
        "About knee pain",
        "Heat is a treatment for knee pain. A stiff knee is a symptom.",
    )
    treated = judge(post(title, text, url="https://a.example/treatments/knee"))
    explained = judge(post(title, text, url="https://a.example/conditions/knee"))

    assert (treated.section, explained.section) == (Section.TREATMENTS, Section.CONDITIONS)
    assert "its address says treatments" in treated.section_reason


RESTS_ON = {
    "a guideline": (
        "New guideline on low back pain",
        "The society published a clinical practice guideline, researchers said in a report.",
        Evidence.GUIDELINE,
    ),
    "a review of trials": (
        "Opioids no better for back pain, study finds",
        "A systematic review of 12 randomized trials found no benefit, researchers said.",
        Evidence.REVIEW,
    ),
    "a trial": ("Walking keeps back pain away, study finds", REPORT, Evidence.TRIAL),
    "mice": (
        "Scientists find a switch for nerve pain",
        "In mice, blocking one protein stopped neuropathic pain, researchers said in a new study.",
        Evidence.ANIMAL,
    ),
    "a cohort": (
        "Desk work and neck pain: new study",
        "Researchers followed a cohort of 4,000 office workers; neck pain was common, they said.",
        Evidence.COHORT,
    ),
    "a case": (
        "Headache after a sneeze: a case report",
        "We report a case of headache. Objective: to describe it. Results: The headache went.",
        Evidence.CASE,
    ),
    "a clinic's word": (
        "Knee pain treatment",
        "Knee pain can be treated with an injection or a brace. Our specialists offer relief. "
        "Schedule an appointment today.",
        Evidence.CLINIC,
    ),
    "one person's word": (
        "My year with migraine",
        "I had my first migraine at nine. My mother told me that I would grow out of it. I did "
        "not, and my treatment changed with me.",
        Evidence.OPINION,
    ),
    "general knowledge": ("Sciatica", EXPLAINER, Evidence.EXPLAINER),
}


@pytest.mark.parametrize("case", RESTS_ON)
def test_an_editor_sees_what_a_post_rests_on(case: str) -> None:
    title, text, evidence = RESTS_ON[case]

    assert judge(post(title, text)).evidence is evidence


def test_an_editor_is_told_of_a_preprint() -> None:
    told = judge(
        post(
            "Walking and back pain: study",
            "The trial has not been peer reviewed, researchers said.",
            url="https://www.medrxiv.org/content/1",
        )
    )

    assert told.evidence is Evidence.PREPRINT
    assert "preprint" in told.signals


def test_an_editor_is_told_of_a_press_release_and_of_what_is_paid_for() -> None:
    release = post(
        "Company announces results in knee pain",
        "Knee pain fell, the company announced.",
        url="https://www.prnewswire.com/1",
    )
    paid = post("Knee pain relief at home", EXPLAINER * 3 + " This is a sponsored post.")

    assert judge(release).signals == ("press release", "no paper named")
    assert judge(release).evidence is Evidence.PRESS_RELEASE
    assert judge(paid).signals == ("sponsored",)


def test_a_reporter_who_quotes_a_press_release_has_not_written_one() -> None:
    quoting = post(
        "Knee pain fell, says company",
        "Knee pain fell, the company said in a press release.",
    )

    assert judge(quoting).signals == ()


def test_an_address_full_of_articles_says_nothing() -> None:
    plain = judge(post("Sciatica", EXPLAINER, url="https://a.example/sciatica"))
    among_articles = judge(post("Sciatica", EXPLAINER, url="https://a.example/articles/sciatica"))

    assert (plain.section, plain.section_reason) == (
        among_articles.section,
        among_articles.section_reason,
    )


def test_saying_a_word_again_and_again_does_not_move_a_post() -> None:
    once = judge(post("Sciatica", EXPLAINER))
    often = judge(post("Sciatica", f"{EXPLAINER} {'Surgery. ' * 9}"))

    assert (once.section, often.section) == (Section.CONDITIONS, Section.CONDITIONS)


@pytest.mark.parametrize(
    ("title", "text", "section"),
    [
        (
            "Regulator adds a warning to a nerve pain medicine",
            "Leaflets will carry a stronger warning about slowed breathing, the agency announced "
            "on Monday after a review of 62 reports.",
            Section.NEWS,
        ),
        (
            "Three stretches for a stiff neck",
            "Sit upright and breathe out. Let the ear sink towards the shoulder for twenty "
            "seconds, then change sides. Repeat this at home every hour. Stop if your arm hurts.",
            Section.TREATMENTS,
        ),
        (
            "Why a frozen shoulder freezes",
            "A frozen shoulder is a condition in which the capsule of the joint becomes inflamed. "
            "It begins with pain at night. Its causes are unknown; diabetes is a risk factor.",
            Section.CONDITIONS,
        ),
    ],
)
def test_what_a_post_does_places_it(title: str, text: str, section: Section) -> None:
    assert judge(post(title, text)).section is section
