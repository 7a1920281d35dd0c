"""The API is what its description says: schemathesis asks it whatever the description allows."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import BaseSchema, Case

from newsletter import signup
from newsletter.store import keys
from newsletter.web import api
from newsletter.web.app import Services, build

KEY = "the key of a script"
SOME = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def described(shop: Services) -> BaseSchema:
    """The description of a newsletter with three readers, as a machine gets it."""
    signup.import_csv(
        shop.db,
        signup.rows([(f"r{n}@example.org", "") for n in range(3)]),
        consent="On paper.",
        source="list.csv",
        now=shop.clock(),
        hash_keys=shop.hash_keys,
    )
    with shop.db.write() as connection:
        keys.add(connection, "script", KEY, list(api.SCOPES), shop.clock())
    return schemathesis.openapi.from_asgi("/api/openapi.json", build(shop, [api.router()]))


def test_no_answer_is_undocumented_and_none_a_failure(described: BaseSchema) -> None:
    asked = []
    for found in described.get_all_operations():
        operation = found.ok()

        @SOME
        @given(case=operation.as_strategy())
        def ask(case: Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"})

        ask()
        asked.append(operation.label)

    assert len(asked) == 7
