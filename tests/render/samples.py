"""An issue with everything in it, for the tests of rendering."""

from __future__ import annotations

from datetime import date

from newsletter.model import Also, Evidence, Image, Issue, Masthead, Pick, Section, Week

MASTHEAD = Masthead(
    title="The Pain Letter",
    base_url="https://letter.example.org",
    postal_address="The Pain Letter\n12 Harbour Street\nBergen 5003, Norway",
    sender="The Pain Letter <letter@example.org>",
    reply_to="editors@example.org",
)

LEAD = Pick(
    headline="Walking, not resting, kept back pain away for longer",
    url="https://journal.example.org/walking-back-pain?ref=feed&week=47",
    source="Journal of Everyday Pain",
    blurb=(
        "Seven hundred people who had just got over a spell of low back pain were either left "
        "alone or given a walking plan and *six talks* with a physiotherapist. The walkers stayed "
        "free of pain for about **twice as long**.\n\n"
        "What it leaves open: most of them were in their fifties, and [the authors say]"
        "(https://journal.example.org/protocol) that nobody could be kept from knowing "
        "which group they were in."
    ),
    published=date(2026, 11, 17),
    reading_minutes=6,
    evidence=Evidence.TRIAL,
    image=Image(
        "https://images.example.org/walk.png",
        "Two people walking along a harbour in the early morning",
        1200,
        675,
    ),
    also=(
        Also("Physio Weekly", "https://physio.example.com/walking"),
        Also("The Health Desk", "https://desk.example.net/back-pain-walks"),
    ),
)

ISSUE = Issue(
    week=Week(2026, 47),
    subject="A walk a day against back pain",
    preheader="Also: what a new guideline says of nerve pain, and a preprint to read with care.",
    intro=(
        "This week is about small things done often. A trial asked whether a plain walking plan "
        "keeps back pain from coming back; a guideline sorts out which tablets for nerve pain are "
        "worth a try.\n\nAs always, [tell us](mailto:editors@example.org) what we missed."
    ),
    sections={
        Section.CONDITIONS: (
            LEAD,
            Pick(
                headline="Why a frozen shoulder thaws so slowly, and what is happening inside it",
                url="https://clinicnotes.example.org/frozen-shoulder",
                source="Shoulder & Elbow Notes",
                blurb=(
                    "A patient account of the three stages, with drawings. It says plainly that "
                    "for most people time does more than the needle."
                ),
                published=date(2026, 11, 16),
                reading_minutes=4,
                evidence=Evidence.EXPLAINER,
                image=Image(
                    "https://images.example.org/shoulder.png",
                    "Drawing of a shoulder joint, the capsule around it tinted green",
                    1000,
                    750,
                ),
            ),
            Pick(
                headline="Pain after shingles: who gets it?",
                url="https://cohort.example.org/shingles",
                source="Northern Registry Reports",
                blurb="Followed for a year, one in nine people over sixty still hurt.",
                published=date(2026, 11, 18),
                reading_minutes=3,
                evidence=Evidence.COHORT,
            ),
        ),
        Section.TREATMENTS: (
            Pick(
                headline="Nerve pain: a guideline puts three medicines first",
                url="https://guideline.example.org/neuropathic",
                source="European Pain Society",
                blurb=(
                    "The panel weighed 313 trials. Its order of choice:\n\n"
                    "- duloxetine and its kin, amitriptyline, gabapentin first;\n"
                    "- plasters and creams next, with [few side effects]"
                    "(https://guideline.example.org/topical);\n"
                    "- opioids last, if at all."
                ),
                published=date(2026, 11, 19),
                reading_minutes=7,
                evidence=Evidence.GUIDELINE,
            ),
            Pick(
                headline="An antibody given at home may spare people with migraine days in bed",
                url="https://preprints.example.org/migraine-antibody",
                source="Open Preprints",
                blurb=(
                    "Two days fewer a month than with the sham injection, in 180 people over "
                    "twelve weeks. No longer than that was looked at."
                ),
                published=date(2026, 11, 20),
                reading_minutes=5,
                evidence=Evidence.PREPRINT,
            ),
            Pick(
                headline="A gel that cooled swollen joints, in rats",
                url="https://lab.example.edu/gel",
                source="Lab Bench Daily",
                blurb="Clever chemistry, told soberly. Years from a pharmacy, if it gets there.",
                published=date(2026, 11, 17),
                reading_minutes=2,
                evidence=Evidence.ANIMAL,
            ),
        ),
        Section.NEWS: (
            Pick(
                headline="Pain clinics in the north will share one waiting list",
                url="https://news.example.org/waiting-list",
                source="The Health Desk",
                blurb=(
                    "From January, people can go where the queue is shortest. The average "
                    "wait is now thirty-one weeks."
                ),
                published=date(2026, 11, 16),
                reading_minutes=3,
            ),
            Pick(
                headline="A maker of nerve stimulators reports a good year",
                url="https://press.example.com/stimulator",
                source="Newswire Example",
                blurb="The figures come from the company; the study behind them is not out.",
                published=date(2026, 11, 18),
                reading_minutes=2,
                evidence=Evidence.PRESS_RELEASE,
            ),
        ),
    },
)

VALUES: dict[str, dict[str, object]] = {
    "confirm": {"confirm_url": "https://letter.example.org/confirm/9aQ3kTz2m8Yw"},
    "welcome": {
        "preferences_url": "https://letter.example.org/preferences/9aQ3kTz2m8Yw",
        "leave_url": "https://letter.example.org/leave/9aQ3kTz2m8Yw",
    },
    "goodbye": {},
    "your-data": {"owner_url": "https://letter.example.org/preferences/9aQ3kTz2m8Yw"},
    "login": {"login_url": "https://letter.example.org/desk/login/Xy77", "minutes": 15},
    "draft-ready": {
        "week": "2026-W47",
        "desk_url": "https://letter.example.org/desk/2026-W47",
        "picks": 8,
        "errors": 1,
        "warnings": 0,
    },
    "alert": {
        "alarms": [
            "The send of 2026-W47 (take 1) is paused: by the operator. Let it go on with: "
            "newsletter resume 2026-W47",
            "9 of 12 feeds fail. See why with: newsletter sources list",
        ]
    },
    "retracted": {
        "finds": [
            {
                "week": "2026-W40",
                "what": "https://doi.org/10.5555/pain.1",
                "said": "retracted, 2026-11-02, results cannot be relied on",
            }
        ]
    },
    "stay": {
        "stay_url": "https://letter.example.org/stay/9aQ3kTz2m8Yw",
        "leave_url": "https://letter.example.org/leave/9aQ3kTz2m8Yw",
    },
    "approved": {
        "week": "2026-W47",
        "desk_url": "https://letter.example.org/desk/2026-W47",
        "by": "maja@example.org",
        "at": "20 November 2026, 16:05",
        "subject": "A walk a day against back pain",
    },
}
