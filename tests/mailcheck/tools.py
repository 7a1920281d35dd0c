"""Strangers' checkers, installed from their registries into `build/mailcheck`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "mailcheck"
PACKAGES = {
    "axe-core": "4.14.1",
    "vnu-jar": "26.9.27",
    "caniemail": "1.0.5",
    "@fontsource/gelasio": "5.3.0",
    "@fontsource/roboto": "5.3.0",
}
# What stands on most desks and phones and on few servers, by free letters: Gelasio is as wide as
# Georgia sign by sign, Roboto is what Android reads mail in.
FONTS = {"Georgia": "gelasio", "Segoe UI": "roboto"}


class Missing(Exception):
    """A checker that is not here and could not be fetched; the text says which and why."""


def package(name: str) -> Path:
    """Give the folder of an npm package, installing it first if it is not there."""
    folder = BUILD / "node_modules" / name
    if _version(folder) != PACKAGES[name]:
        npm = _program("npm", "install Node.js")
        BUILD.mkdir(parents=True, exist_ok=True)
        wanted = f"{name}@{PACKAGES[name]}"
        done = subprocess.run(
            [npm, "install", "--prefix", str(BUILD), "--no-audit", "--no-fund", wanted],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Missing(f"npm could not install {wanted}: {done.stderr.strip()[-200:]}")
    return folder


def nu_html_checker(page: Path) -> list[dict[str, Any]]:
    """Give the Nu HTML checker's messages on a page."""
    java = _program("java", "install a Java runtime")
    jar = next(package("vnu-jar").rglob("vnu.jar"))
    done = subprocess.run(
        [java, "-Xss1m", "-jar", str(jar), "--format", "json", "--stdout", str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    messages: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    return messages


def axe() -> str:
    """Give the script of axe-core."""
    return (package("axe-core") / "axe.min.js").read_text("utf-8")


def fonts() -> str:
    """Give a style sheet with the letters that readers have, for pictures that show the truth."""
    faces = []
    for family, name in FONTS.items():
        folder = package(f"@fontsource/{name}") / "files"
        for weight in (400, 700):
            for style in ("normal", "italic"):
                letters = (folder / f"{name}-latin-{weight}-{style}.woff2").read_bytes()
                faces.append(
                    f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
                    f"src:url(data:font/woff2;base64,{b64encode(letters).decode()})}}"
                )
    return "".join(faces)


def caniemail() -> Mapping[str, Any]:
    """Give caniemail's whole data."""
    found: Mapping[str, Any] = json.loads(
        (package("caniemail") / "data" / "caniemail.json").read_text("utf-8")
    )
    return found


def spamassassin() -> None:
    """See that SpamAssassin is here; root may install Debian's."""
    if shutil.which("spamassassin") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "spamassassin"],
            capture_output=True,
            check=False,
        )
    _program("spamassassin", "install Debian's spamassassin")


def chromium() -> str:
    """Give the path of a Chromium that can be driven."""
    return os.environ.get("NEWSLETTER_TEST_CHROMIUM") or _program(
        "chromium", "install Debian's chromium or set NEWSLETTER_TEST_CHROMIUM"
    )


def _program(name: str, cure: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not here: {cure}.")
    return found


def _version(folder: Path) -> str:
    try:
        return str(json.loads((folder / "package.json").read_text("utf-8"))["version"])
    except OSError:
        return ""
