"""Lists as operators have them: from spreadsheets, other programs and by hand."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import BadValue
from newsletter.model import Email, State, Subscriber
from newsletter.subscribers import lists
from newsletter.subscribers.lists import Row, Unread


def read(text: str) -> list[Row | Unread]:
    return list(lists.read(text.splitlines(keepends=True)))


def addresses(text: str) -> list[str]:
    return [row.email.key for row in read(text) if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("email,name\na@example.org,Ada\n", "commas"),
        ("email;name\r\na@example.org;Ada\r\n", "semicolons and Windows line ends"),
        ("name\temail\nAda\ta@example.org\n", "tabs, and columns in another order"),
        ("\ufeffemail,name\na@example.org,Ada", "a byte order mark, and no end of line"),
        ('"email","name"\n"a@example.org","Ada"\n', "quotes around everything"),
        ("E-Mail , NAME\n a@example.org , Ada \n", "spaces and capitals"),
        ("\n\nemail,name\n\na@example.org,Ada\n,\n\n", "empty lines"),
        ("id,email,name,tags\n1,a@example.org,Ada,x\n", "columns that we do not know"),
        ("email,name\nA@Example.ORG,Ada\n", "capitals in the address"),
    ],
)
def test_a_list_is_read_as_it_comes(text: str, sentence: str) -> None:
    rows = read(text)

    assert [(row.email.key, row.name) for row in rows if isinstance(row, Row)] == [
        ("a@example.org", "Ada")
    ], sentence
    assert not any(isinstance(row, Unread) for row in rows)


@pytest.mark.parametrize("text", ["", "\n\n", "a@example.org\nb@example.org\n", "name,town\nx,y\n"])
def test_a_list_without_an_email_column_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(BadValue, match="'email'"):
        read(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("no address,,,", "not a mail address"),
        (",Ada,,", "no mail address"),
        ("a@example.org,,retired,", "'retired' is not a state"),
        ("a@example.org,,,yesterday", "created_at"),
        ('"a@example.org,,,', "quotes"),
        ('"a"b@example.org,,,', "quotes"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_number_and_costs_no_other(line: str, reason: str) -> None:
    rows = read(f"email,name,state,created_at\nx@example.org\n{line}\ny@example.org,,,\n")

    unread = [row for row in rows if isinstance(row, Unread)]
    assert [row.line for row in unread] == [3]
    assert reason in unread[0].reason
    assert [row.line for row in rows if isinstance(row, Row)] == [2, 4]


def test_a_quote_that_is_never_closed_costs_one_line_of_thousands() -> None:
    lines = [f"r{number}@example.org\n" for number in range(3000)]
    lines[5] = '"r5@example.org\n'

    rows = list(lists.read(["email\n", *lines]))

    assert [row.line for row in rows if isinstance(row, Unread)] == [7]
    assert sum(isinstance(row, Row) for row in rows) == 2999


def test_a_quoted_cell_may_hold_line_breaks() -> None:
    rows = read('email,name\na@example.org,"Ada\nLovelace"\nb@example.org,Bo\n')

    assert [(row.line, row.name) for row in rows if isinstance(row, Row)] == [
        (2, "Ada Lovelace"),
        (4, "Bo"),
    ]


def test_bytes_are_read_as_utf8_or_as_windows_wrote_them() -> None:
    raw = [
        b"email,name\n",
        "a@example.org,Zoë\n".encode(),
        "b@example.org,Zoë\n".encode("cp1252"),
    ]

    rows = list(lists.read(lists.decode(raw)))

    assert [row.name for row in rows if isinstance(row, Row)] == ["Zoë", "Zoë"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "utf-8", "cp1252"])
def test_a_file_is_read_in_the_encoding_that_it_has(encoding: str) -> None:
    file = BytesIO("email,name\r\na@example.org,Zoë\r\nb@example.org,Bo\r\n".encode(encoding))

    rows = list(lists.read(lists.lines(file)))

    assert [row.name for row in rows if isinstance(row, Row)] == ["Zoë", "Bo"]


@pytest.mark.parametrize(
    ("text", "found", "sentence"),
    [
        (
            "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\n"
            'a@example.org,Ada,Reader,2,2020-03-07 18:22:33,2020-03-07 18:23:00,1,"x"\n',
            ("Ada Reader", State.ACTIVE, datetime(2020, 3, 7, 18, 22, 33, tzinfo=UTC)),
            "Mailchimp, subscribed",
        ),
        (
            "Email Address,First Name,Last Name,OPTIN_TIME,UNSUB_TIME,LEID,EUID\n"
            "a@example.org,Ada,,2020-03-07 18:22:33,2021-01-01 10:00:00,1,x\n",
            ("Ada", State.LEFT, datetime(2020, 3, 7, 18, 22, 33, tzinfo=UTC)),
            "Mailchimp, unsubscribed",
        ),
        (
            "Email Address,CLEAN_TIME,LEID,EUID\na@example.org,2021-01-01 10:00:00,1,x\n",
            ("", State.BOUNCED, None),
            "Mailchimp, cleaned",
        ),
        (
            "email,active_subscription,expiry,plan,email_disabled,created_at\n"
            "a@example.org,false,,other,true,2021-03-01T12:00:00.000Z\n",
            ("", State.LEFT, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "Substack, mail turned off",
        ),
        (
            "email,active_subscription,email_disabled,created_at\na@example.org,false,false,\n",
            ("", State.ACTIVE, None),
            "Substack, a free reader is a reader",
        ),
        (
            "email,notes,tags,secondary_id,type,creation_date\n"
            "a@example.org,,,4,unactivated,2021-03-01\n",
            ("", State.PENDING, datetime(2021, 3, 1, tzinfo=UTC)),
            "Buttondown, never confirmed",
        ),
        (
            "email,secondary_id,type,creation_date\na@example.org,4,undeliverable,\n",
            ("", State.BOUNCED, None),
            "Buttondown, bounced",
        ),
        (
            "uuid,email,name,attributes,status,created_at,updated_at\n"
            'u,a@example.org,Ada,"{""city"": ""Bern""}",blocklisted,2021-03-01T12:00:00Z,\n',
            ("Ada", State.LEFT, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "listmonk, blocked",
        ),
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n"
            "7,a@example.org,Ada,,true,false,2021-03-01T12:00:00.000Z,\n",
            ("Ada", State.ACTIVE, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "Ghost, a reader",
        ),
        (
            "id,email,subscribed_to_emails,complimentary_plan\n7,a@example.org,false,false\n",
            ("", State.LEFT, None),
            "Ghost, without mail",
        ),
        (
            "id,email_address,type,creation_date,unsubscription_date\n"
            "s,a@example.org,paused,2021-03-01T12:00:00Z,\n",
            ("", State.ACTIVE, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "Buttondown, pays no more and reads on",
        ),
        (
            "uuid,email,name,attributes,status,created_at,updated_at\n"
            "u,a@example.org,Ada,{},enabled,2021-03-01 17:30:00.123456 +0530 IST,\n",
            ("Ada", State.ACTIVE, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "listmonk, with a time as Go writes it",
        ),
        (
            "email,active_subscription,expiry,created_at,name\na@example.org,true,,,Ada\n",
            ("Ada", State.ACTIVE, None),
            "Substack, without a column for mail",
        ),
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,"
            "created_at,deleted_at,labels,tiers\n"
            "7,a@example.org,,,true,,,2021-03-01T12:00:00.000Z,2022-01-01T12:00:00.000Z,,\n",
            ("", State.LEFT, datetime(2021, 3, 1, 12, tzinfo=UTC)),
            "Ghost, deleted",
        ),
        (
            "Email,FNAME,CLEAN_TIME\na@example.org,Ada,2021-01-01 10:00:00\n",
            ("", State.BOUNCED, None),
            "Mailchimp, with columns taken out",
        ),
        (
            "email,status\na@example.org,Unsubscribed\n",
            ("", State.LEFT, None),
            "a spreadsheet of one's own that says who is silent",
        ),
        (
            "email,unsubscribed_at\na@example.org,2021-03-01\n",
            ("", State.LEFT, None),
            "the same by a date",
        ),
    ],
)
def test_the_exports_of_other_programs_are_read(
    text: str, found: tuple[object, ...], sentence: str
) -> None:
    rows = read(text)

    assert isinstance(rows[0], Row), sentence
    assert (rows[0].name, rows[0].state, rows[0].created_at) == found, sentence


def test_times_are_read_with_and_without_a_zone() -> None:
    rows = read(
        "email,created_at,confirmed_at\na@example.org,2026-11-18,2026-11-18T13:00:00+01:00\n"
    )

    assert isinstance(rows[0], Row)
    assert rows[0].created_at == datetime(2026, 11, 18, tzinfo=UTC)
    assert rows[0].confirmed_at == datetime(2026, 11, 18, 12, tzinfo=UTC)


words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
people = st.builds(
    Subscriber,
    id=st.just(1),
    email=st.sampled_from(
        ["a@example.org", "+tag@example.org", "-x@example.org", "=1+1@example.org", "'=o@x.org"]
    ).map(Email.parse),
    state=st.sampled_from(State),
    name=words.map(lists.name),
    created_at=st.datetimes(timezones=st.just(UTC)),
    confirmed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    source=words.map(lists.name),
    sections=st.integers(1, 7),
)


@given(st.lists(people, max_size=5))
def test_what_was_written_is_read_back(them: list[Subscriber]) -> None:
    rows = read("".join(lists.write(them)))

    assert [
        (
            row.email,
            row.name,
            row.state,
            row.created_at,
            row.confirmed_at,
            row.source,
            row.sections,
        )
        for row in rows
        if isinstance(row, Row)
    ] == [
        (p.email, p.name, p.state, p.created_at, p.confirmed_at, p.source, p.sections) for p in them
    ]


@given(words)
def test_no_cell_starts_like_a_formula(word: str) -> None:
    person = Subscriber(1, Email.parse("=cmd@example.org"), State.ACTIVE, word, source=word)

    cells = list(csv.reader(lists.write([person])))[1]

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@given(st.text(max_size=200))
def test_a_name_is_one_short_printable_line_and_stays_itself(text: str) -> None:
    name = lists.name(text)

    assert len(name) <= lists.LONGEST_NAME
    assert "\n" not in name
    assert lists.name(name) == name


@given(st.lists(st.text(max_size=60)))
def test_no_file_breaks_the_reader(lines: list[str]) -> None:
    rows = list(lists.read(["email,name\n", *lines, "last@example.org\n"]))

    assert all(isinstance(row, Row | Unread) for row in rows)
