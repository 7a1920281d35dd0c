"""Whether pain is the main subject: the hard cases an editor would laugh or despair at."""

from __future__ import annotations

import pytest

from newsletter.curate import explain, judge
from newsletter.model import Candidate
from tests.curate.posts import post

ABOUT_PAIN = {
    "a block that spares opioids": (
        "Nerve block before hip surgery spares older patients opioids",
        "Patients who had a nerve block before hip surgery needed half as much morphine and "
        "reported less pain, a randomized trial in 300 people over 70 found.",
    ),
    "a condition that is pain": (
        "Why does my heel hurt in the morning?",
        "Plantar fasciitis is the commonest cause of heel pain. The first steps of the day are the "
        "worst. Stretching, good shoes and time help most people.",
    ),
    "a device for pain": (
        "What to expect from a spinal cord stimulator trial",
        "A spinal cord stimulator sends mild current to the spine to change how the brain feels "
        "pain. Leads are placed through a needle and worn for a week.",
    ),
    "opioid prescribing": (
        "Agency warns doctors not to cut opioid prescriptions abruptly",
        "Patients on long-term opioid therapy for chronic pain have been harmed when doses were "
        "cut too fast, the agency said. New labels will tell doctors to taper slowly.",
    ),
    "a diary of pain without the word in its title": (
        "Getting through a flare day",
        "Yesterday I could not lift the kettle. Fibromyalgia does that. I rested, used heat and "
        "walked to the gate. My pain was a seven in the morning and a four at night.",
    ),
    "cannabis, for nerve pain": (
        "Cannabis no better than placebo for nerve pain, review finds",
        "A review of 16 trials found that cannabis medicines did little for chronic neuropathic "
        "pain and caused drowsiness.",
    ),
    "botulinum toxin, for migraine": (
        "Botox injections cut migraine days in half",
        "People with chronic migraine who had injections every twelve weeks had half as many "
        "headache days, a study of 1,200 patients found.",
    ),
    "ketamine, for a pain syndrome": (
        "Ketamine infusions for complex regional pain syndrome: what we know",
        "Low-dose ketamine over several days eases complex regional pain syndrome for some weeks "
        "in small studies. No long-term studies exist.",
    ),
    "pain after an infection": (
        "Postherpetic neuralgia: when shingles pain stays",
        "Postherpetic neuralgia is burning pain that lasts for months after the rash of shingles "
        "has healed. Lidocaine patches and gabapentin can help.",
    ),
    "a joint disease explained": (
        "Rheumatoid arthritis",
        "Rheumatoid arthritis causes pain, swelling and stiffness of the joints, most often of the "
        "fingers. Women get this form of arthritis more often than men.",
    ),
}

ABOUT_SOMETHING_ELSE = {
    "aspirin against cancer": (
        "Aspirin cuts bowel cancer deaths in long study",
        "People who took aspirin every day for ten years were less likely to die of bowel cancer, "
        "a study found. The painkiller may stop tumors from feeding themselves.",
    ),
    "ketamine for depression": (
        "Ketamine nasal spray lifts severe depression within hours",
        "A nasal spray of ketamine, an anesthetic, eased depression in half of the patients for "
        "whom two antidepressants had failed.",
    ),
    "a figure of speech": (
        "Five pain points every founder should fix",
        "Growing pains are normal. The real pain point for a young company is cash. Talk to "
        "customers and fix it painlessly.",
    ),
    "a headache for politicians": (
        "Headache for the chancellor as tax receipts fall",
        "Falling receipts are a headache for the chancellor, who had promised to cut borrowing. "
        "Economists expect more pain.",
    ),
    "grief": (
        "The pain of grief: a widow's story",
        "When her husband died, the pain was such that she could not speak. Writing poems brought "
        "her back to life.",
    ),
    "addiction care": (
        "County opens new opioid addiction treatment center",
        "The center will offer buprenorphine and methadone to people addicted to heroin. Overdose "
        "deaths rose by a third; naloxone kits will be free.",
    ),
    "a clinic's post on something else": (
        "How our clinic helps you sleep better",
        "Good sleep is the base of good health. Our clinic offers sleep studies and help with "
        "apnea. Poor sleep can bring fatigue, low mood and aches.",
    ),
    "pain as a side effect": (
        "New statin lowers cholesterol without muscle pain, maker says",
        "A new statin lowered cholesterol by half in a trial of 2,000 people. Muscle pain was no "
        "more frequent than with placebo. The drug protects against heart attack and stroke.",
    ),
    "pain as one symptom": (
        "Appendicitis: when to call a doctor",
        "Appendicitis is an inflammation of the appendix. It begins with pain near the navel, "
        "with fever and vomiting. Surgery removes the appendix.",
    ),
    "cannabis for epilepsy": (
        "Cannabis oil for epilepsy approved for children",
        "Regulators approved an oil made from cannabis for two rare forms of childhood epilepsy. "
        "It halved the number of seizures in trials.",
    ),
    "acupuncture for blood pressure": (
        "Acupuncture lowers blood pressure a little",
        "A small study found that acupuncture lowered blood pressure for six weeks.",
    ),
    "an arthritis drug and the heart": (
        "Rheumatoid arthritis drug raises the risk of heart attack",
        "A drug for rheumatoid arthritis raised the risk of heart attack and stroke in a safety "
        "trial with 4,000 patients, the regulator said.",
    ),
    "nothing at all": ("", ""),
}


@pytest.mark.parametrize("case", ABOUT_PAIN)
def test_an_editor_is_offered_what_is_about_pain(case: str) -> None:
    title, text = ABOUT_PAIN[case]

    verdict = judge(post(title, text))

    assert verdict.relevant, verdict.reasons


@pytest.mark.parametrize("case", ABOUT_SOMETHING_ELSE)
def test_an_editor_is_spared_what_only_mentions_pain(case: str) -> None:
    title, text = ABOUT_SOMETHING_ELSE[case]

    verdict = judge(post(title, text))

    assert not verdict.relevant, verdict.reasons


def test_a_teaser_is_judged_like_its_article() -> None:
    title, text = ABOUT_PAIN["a block that spares opioids"]
    teaser = text[:80] + "…"

    assert judge(post(title, teaser)).relevant
    assert judge(post(title, text * 30)).relevant


def test_a_source_that_is_about_pain_tips_the_scale_of_a_doubtful_post() -> None:
    doubtful = post("What is a physiatrist?", "A doctor who restores function of sore joints.")

    without, with_record = judge(doubtful), judge(doubtful, prior=0.95)
    against = judge(doubtful, prior=0.05)

    assert against.score < without.score < with_record.score
    assert any("usually on topic (95%)" in reason for reason in with_record.reasons)
    assert any("seldom on topic (5%)" in reason for reason in against.reasons)


def test_no_record_of_a_source_carries_a_post_that_says_nothing_of_pain() -> None:
    off_topic = post("Spring menu", "We bake bread on Mondays and serve soup at noon.")

    assert not judge(off_topic, prior=1.0).relevant


def test_the_same_post_always_gets_the_same_verdict() -> None:
    title, text = ABOUT_PAIN["opioid prescribing"]

    assert judge(post(title, text)) == judge(post(title, text))


def test_an_editor_reads_why_a_post_was_chosen() -> None:
    title, text = ABOUT_PAIN["a condition that is pain"]
    one = post(title, text)

    told = explain(Candidate(one, judge(one)))

    assert told.startswith("Relevant, score ")
    assert "'plantar fasciitis'" in told
    assert "Section Conditions: it explains a condition" in told


def test_an_editor_reads_why_a_post_was_left_out() -> None:
    title, text = ABOUT_SOMETHING_ELSE["aspirin against cancer"]
    one = post(title, text)

    told = explain(Candidate(one, judge(one)))

    assert told.startswith("Not relevant, score 0.")
    assert "cancer" in told


def test_a_figure_of_speech_is_named_as_one() -> None:
    title, text = ABOUT_SOMETHING_ELSE["a figure of speech"]

    verdict = judge(post(title, text))

    assert any("'pain point'" in reason and "not count" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Nerve block eases hip fracture in the emergency department",
            "Older patients with a broken hip who had a nerve block on arrival needed less "
            "morphine and rated their pain lower while waiting for surgery, a trial found.",
        ),
        (
            "Sugar before the heel prick: what midwives should know",
            "A few drops of sucrose by mouth lower the pain scores of newborns during a heel "
            "prick. Nurses give it two minutes before, with a pacifier.",
        ),
        (
            "A headset takes the sting out of burn dressings",
            "Patients with burns who wore a virtual reality headset while nurses changed their "
            "dressings rated their worst pain lower and asked for fewer painkillers, in a study.",
        ),
        (
            "Programme of the congress is online",
            "Our annual congress on pain medicine has three days of lectures on cancer pain, back "
            "pain and opioids, with bursaries for nurses and physiotherapists.",
        ),
    ],
)
def test_pain_is_the_subject_wherever_and_in_whomever_it_is_treated(title: str, text: str) -> None:
    verdict = judge(post(title, text))

    assert verdict.relevant, verdict.reasons


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Opening hours over the holidays",
            "The pain clinic is closed from Christmas Eve to New Year. Please order prescriptions "
            "by noon on Friday. The car park will be locked.",
        ),
        (
            "Stellate ganglion block calms the heart's rhythm",
            "Cardiologists used a nerve block, known from treating pain, in patients with "
            "ventricular arrhythmia. Episodes of tachycardia fell and fewer shocks were needed.",
        ),
        (
            "Arthritis drug may slow Alzheimer's",
            "A drug given for arthritis slowed memory loss in people with Alzheimer's disease, an "
            "early trial suggests. Larger studies of dementia will follow.",
        ),
        (
            "Beyond the pain barrier",
            "At mile twenty the runner met her pain barrier. A dog barked, a band played, and she "
            "laughed at the hill. The race raised money for a lighthouse.",
        ),
        (
            "The chess club finds its rival's trigger points",
            "It was a painful round for the visitors. The players pressed on every sore spot: the "
            "king's wing, the clock and the last pawn. The match ended in victory.",
        ),
    ],
)
def test_pain_is_not_the_subject_where_its_words_serve_another(title: str, text: str) -> None:
    verdict = judge(post(title, text))

    assert not verdict.relevant, verdict.reasons


def test_a_bare_word_counts_as_pain_among_medicine_only() -> None:
    title = "A painful winter"
    body = "{} had a painful winter, and the pain is not over."
    ward = body.format("Patients, nurses and doctors of the joint clinic, who treat symptoms,")
    shop = body.format("Players, fans and owners of the football club, who sell tickets,")

    among_medicine, among_sport = judge(post(title, ward)), judge(post(title, shop))

    assert among_medicine.score > among_sport.score + 0.3
    assert any("hardly about medicine" in reason for reason in among_sport.reasons)
