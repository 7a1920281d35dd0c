"""Charts as SVG, drawn on the server: no script, no colour of its own, readable as tables beside.

A chart takes its colours from the style sheet by class, so it has a day and a night like all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 28


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of column: `kind` is its class in the style sheet."""

    name: str
    kind: str
    values: Sequence[int]


def lines(series: Sequence[Series], labels: Sequence[str], about: str) -> Markup:
    """Draw lines over equal steps; every eighth label or so stands below."""
    top = _nice(max((max(one.values, default=0) for one in series), default=0))
    steps = max(1, len(labels) - 1)
    parts = [_grid(top)]
    for number, label in enumerate(labels):
        if number % max(1, steps // 6) == 0:
            parts.append(_label(_x(number, steps), _HEIGHT - 8, label, "middle"))
    for one in series:
        points = " ".join(
            f"{_x(n, steps):.1f},{_y(value, top):.1f}" for n, value in enumerate(one.values)
        )
        parts.append(Markup('<polyline class="line {}" points="{}"/>').format(one.kind, points))
    return _svg(parts, about)


def columns(up: Series, down: Series, labels: Sequence[str], about: str) -> Markup:
    """Draw what came above a line and what went below it."""
    most = _nice(max([*up.values, *down.values], default=0))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    half = (_HEIGHT - _BOTTOM - _TOP) / 2
    room = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    wide = max(2.0, room * 0.7)
    parts = [
        Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            _LEFT, _WIDTH - _RIGHT, middle, middle
        ),
        _label(_LEFT - 8, _TOP + 10, f"+{most:,}", "end"),
        _label(_LEFT - 8, middle + 4, "0", "end"),
        _label(_LEFT - 8, _HEIGHT - _BOTTOM, f"−{most:,}", "end"),
    ]
    for number, label in enumerate(labels):
        left = _LEFT + number * room + (room - wide) / 2
        for one, above in ((up, True), (down, False)):
            tall = half * one.values[number] / most
            parts.append(
                Markup('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    one.kind,
                    f"{left:.1f}",
                    f"{middle - tall if above else middle:.1f}",
                    f"{wide:.1f}",
                    f"{tall:.1f}",
                )
            )
        if number % max(1, len(labels) // 6) == 0:
            parts.append(_label(left + wide / 2, _HEIGHT - 8, label, "middle"))
    return _svg(parts, about)


def bar(share: float, kind: str) -> Markup:
    """Draw one share, 0 to 1, as a short bar for a table; the number stands beside it."""
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100" height="8" rx="4"/>'
        '<rect class="bar {}" width="{}" height="8" rx="4"/></svg>'
    ).format(kind, f"{max(0.0, min(share, 1.0)) * 100:.1f}")


def summed(values: Sequence[int]) -> list[int]:
    """How many there were up to each step."""
    return list(accumulate(values))


def _svg(parts: Sequence[Markup], about: str) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, about, Markup("").join(parts))


def _grid(top: int) -> Markup:
    parts = []
    for step in range(5):
        value = top * step / 4
        y = _y(value, top)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                _LEFT, _WIDTH - _RIGHT, f"{y:.1f}", f"{y:.1f}"
            )
        )
        if step % 2 == 0:
            parts.append(_label(_LEFT - 8, y + 4, f"{value:,.0f}", "end"))
    return Markup("").join(parts)


def _label(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, escape(text)
    )


def _x(number: float, steps: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * number / steps


def _y(value: float, top: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top


def _nice(most: int) -> int:
    """The next round number: 4, 8, 20, 40, 80, 200, ..."""
    step = 4
    while step < most:
        step = step * 5 // 2 if str(step)[0] == "8" else step * 2
    return step
