"""What holds for every answer: headers, sizes, calm failures, and silence about people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import APIRouter, Request
from starlette.testclient import TestClient

from newsletter import journal
from newsletter.errors import Refused
from newsletter.subscribers.tokens import Purpose
from newsletter.web.app import Services, build

router = APIRouter()
hooks = APIRouter(max_body_size=200_000)


@router.get("/broken/{address}")
def broken(address: str) -> None:
    raise RuntimeError(f"could not write to {address}")


@router.get("/refused")
def refused() -> None:
    raise Refused("2026-W47 is not approved. Run: newsletter approve 2026-W47")


@hooks.post("/hooks/count")
async def count(request: Request) -> int:
    return len(await request.body())


@router.get("/own")
def own() -> None:
    return None


@pytest.fixture
def client(shop: Services) -> Iterator[TestClient]:
    with TestClient(build(shop, [router, hooks])) as opened:
        yield opened


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/issues", "/static/site.css", "/feed.xml", "/own", "/broken/x"]
)
def test_every_answer_is_guarded(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers


def test_no_page_needs_a_script_or_a_style_of_its_own(client: TestClient) -> None:
    page = client.get("/").text

    assert "<script" not in page
    assert "style=" not in page
    assert "'unsafe" not in client.get("/").headers["content-security-policy"]


def test_https_is_insisted_on_when_asked_for(shop: Services) -> None:
    with TestClient(build(replace(shop, hsts=True))) as client:
        assert "max-age" in client.get("/").headers["strict-transport-security"]


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.LEAVE, Purpose.PREFERENCES])
def test_a_readers_page_is_kept_by_nobody_and_found_by_no_search(
    client: TestClient, shop: Services, purpose: Purpose
) -> None:
    client.post("/subscribe", json={"email": "ada@example.org"})
    page = client.get(f"/{purpose}/{shop.tokens.sign(purpose, 1, shop.clock())}")

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert '<meta name="robots" content="noindex' in page.text


def test_a_body_that_is_too_large_is_refused_announced_or_not(client: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    def drops() -> Iterator[bytes]:
        for _ in range(100):
            yield b"email=" + b"x" * 1000

    announced = client.post("/subscribe", content=b"x" * 65_537, headers=form)
    streamed = client.post("/subscribe", content=drops(), headers=form)
    hook, large_hook = (
        client.post("/hooks/count", content=b"x" * size) for size in (200_000, 200_001)
    )

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert (hook.status_code, hook.json(), large_hook.status_code) == (200, 200_000, 413)
    assert "frame-ancestors" in announced.headers["content-security-policy"]


def test_a_form_with_a_file_in_it_is_refused(client: TestClient) -> None:
    assert client.post("/subscribe", files={"email": ("a.txt", b"x")}).status_code == 400


def test_a_failure_is_answered_calmly_and_logged_without_anybody_in_it(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.written_as("json", "info")
    answer = client.get("/broken/ada@example.org", headers={"accept": "text/html"})
    logs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert answer.status_code == 500
    assert "broke on our side" in answer.text
    assert [log["event"] for log in logs] == ["request failed"]
    assert logs[0]["request"] == answer.headers["x-request-id"]
    assert (logs[0]["route"], logs[0]["error"]) == ("/broken/{address}", "RuntimeError")
    assert "ada@example.org" not in json.dumps(logs) + answer.text


def test_an_error_of_ours_is_told_in_its_own_sentence(client: TestClient) -> None:
    answer = client.get("/refused", headers={"accept": "application/json"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "2026-W47 is not approved. Run: newsletter approve 2026-W47"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/", 405), ("GET", "/subscribe", 405)],
)
def test_what_is_not_there_says_so_to_people_and_machines(
    client: TestClient, method: str, path: str, status: int
) -> None:
    page = client.request(method, path, headers={"accept": "text/html"})
    document = client.request(method, path, headers={"accept": "application/json"})

    assert (page.status_code, document.status_code) == (status, status)
    assert "<h1>" in page.text
    assert document.json()["status"] == status
