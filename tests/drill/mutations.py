"""Programs with the rule broken on purpose: a drill that does not catch them is worth nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Mutation:
    """One passage of a file in place of another."""

    file: str
    old: str
    new: str


MUTATIONS = {
    # An accepted batch that was never handed over: readers who get nothing.
    "record-first": Mutation(
        "sending/crew.py",
        "        self._means.step(Step.REQUEST)\n",
        "        from newsletter.model import BatchState\n"
        "        from newsletter.store import ledger\n"
        "        with self._means.db.write() as c:\n"
        "            ledger.record(c, built.batch, BatchState.ACCEPTED, now=self._now())\n"
        "        self._means.step(Step.REQUEST)\n",
    ),
    # A lost answer taken for a refusal: readers who get it twice.
    "blind-retry": Mutation(
        "sending/settling.py", "    Outcome.UNKNOWN: _unknown,", "    Outcome.UNKNOWN: _later,"
    ),
    # A claim whose process died taken for one that never left.
    "dead-is-ready": Mutation(
        "store/ledger/recording.py",
        "state=BatchState.UNKNOWN, reason=",
        "state=BatchState.READY, reason=",
    ),
    # Lanes handed over again without the provider's cancel.
    "no-cancel": Mutation(
        "sending/lanes.py",
        "        means.provider.cancel(lane.batch_id)\n    except Refused",
        "        pass\n    except Refused",
    ),
}


def mutated(folder: Path, name: str) -> Path:
    """Copy the program into a folder, break it there, and give the folder to run it from."""
    for part in ("newsletter", "templates", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    mutation = MUTATIONS[name]
    path = folder / "newsletter" / mutation.file
    text = path.read_text("utf-8")
    assert text.count(mutation.old) == 1, f"{name} no longer fits {mutation.file}"
    path.write_text(text.replace(mutation.old, mutation.new), "utf-8")
    return folder
