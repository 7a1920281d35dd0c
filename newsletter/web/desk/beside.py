"""What takes seconds to count is counted beside the pages; a page shows what was counted last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from newsletter import journal
from newsletter.web.desk.services import DeskServices

T = TypeVar("T")

# With a small list the answer is there before anybody would notice.
_PATIENCE = 0.06


def counted(desk: DeskServices, name: Any, make: Callable[[], T], *, fresh: timedelta) -> T | None:
    """Give what was counted; None while it is counted for the first time."""
    now = desk.shop.clock()
    known = desk.counted.get(name)
    if known is None or known[0] + fresh <= now:
        thread = _count(desk, name, make, now)
        if known is None and thread is not None:
            thread.join(_PATIENCE)
            known = desk.counted.get(name)
    return known[1] if known is not None else None


def _count(
    desk: DeskServices, name: Any, make: Callable[[], T], now: datetime
) -> threading.Thread | None:
    with desk.counting_lock:
        running = desk.counting.get(name)
        if running is not None and running.is_alive():
            return running

        def work() -> None:
            try:
                desk.counted[name] = (now, make())
            except Exception as error:
                journal.warning(
                    "the desk could not count", what=str(name), error=type(error).__name__
                )

        thread = threading.Thread(target=work, name="desk counts", daemon=True)
        desk.counting[name] = thread
        thread.start()
        return thread
