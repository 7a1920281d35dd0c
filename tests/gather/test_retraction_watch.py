"""The list of retracted works is read as Crossref gives it away, and anything else is refused."""

from __future__ import annotations

import pytest

from newsletter.errors import BadValue
from newsletter.gather.retraction_watch import read

HEAD = (
    "Record ID,Title,RetractionDate,RetractionDOI,OriginalPaperDOI,OriginalPaperPubMedID,"
    "RetractionNature,Reason,Notes"
)


def _read(*rows: str) -> list[tuple[tuple[str, ...], str, str]]:
    lines = "\n".join((HEAD, *rows)).splitlines(keepends=True)
    return [(one.names, one.nature, one.day) for one in read(lines, name="list.csv")]


def test_a_retracted_work_is_known_by_its_doi_and_its_pubmed_number() -> None:
    row = '1,"Heat, cold",9/12/2023 0:00,10.1/N,10.1234/ABC.1,0012345,Retraction,+Error in Data;,'

    assert _read(row) == [(("doi 10.1234/abc.1", "pmid 12345"), "retracted", "2023-09-12")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,T,1/2/2020 0:00,,10.1234/a,0,Correction,,", "a correction is no retraction"),
        ("1,T,1/2/2020 0:00,,unavailable,0,Retraction,,", "a work without a name"),
    ],
)
def test_what_says_nothing_of_a_work_is_passed_over(row: str, why: str) -> None:
    assert _read(row) == [], why


def test_a_reinstated_work_is_no_longer_retracted() -> None:
    rows = (
        "1,T,1/2/2020 0:00,,10.1234/a,0,Retraction,,",
        "2,T,1/2/2021 0:00,,10.1234/a,0,Reinstatement,,",
    )

    assert _read(*rows) == []


def test_of_two_notices_the_retraction_comes_first() -> None:
    rows = (
        "1,T,1/2/2020 0:00,,10.1234/a,0,Expression of concern,,",
        "2,T,soon,,10.1234/a,0,Retraction,,",
    )

    assert [nature for _, nature, _ in _read(*rows)] == ["retracted", "expression of concern"]


def test_a_note_over_several_lines_is_one_cell() -> None:
    rows = ('1,T,1/2/2020 0:00,,10.1234/a,0,Retraction,,"one', 'two"')

    assert len(_read(*rows)) == 1


def test_another_file_is_refused_with_the_cure() -> None:
    with pytest.raises(BadValue, match=r"list\.csv is not the Retraction Watch data set"):
        read(["email,name\n", "a@example.org,A\n"], name="list.csv")
