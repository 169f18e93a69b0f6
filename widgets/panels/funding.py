"""What is owed and needed: the next gap with its date, milestones, and what selling would close it."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import MilestoneView
from desk.units import show_btc, show_millions, show_money
from widgets.charts.bar import share_bar
from widgets.layout import Lines, columns, fitting, joined, wrapped
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say, share

EMPTY = say("no commitments: desk capex import FILE", MUTED)


def gap(picture: Picture) -> Content:
    """The gap in a few words, or that there is none."""
    view = picture.snapshot.funding
    if view.gap is None:
        return say("gap not known", MUTED)
    if view.gap <= 0:
        return say("no gap in sight")
    when = f" from {view.next_gap_on.day} {view.next_gap_on:%b}" if view.next_gap_on else ""
    return say(f"gap {show_millions(view.gap)}{when}", HARM)


def close_by(picture: Picture) -> Content:
    sats = picture.snapshot.funding.sats_to_close
    return say(f"selling {show_btc(sats, 2)} BTC would close it", MUTED) if sats else say("")


def full(picture: Picture, width: int) -> Lines:
    """The gap, the next milestones with how much of each is there."""
    view = picture.snapshot.funding
    open_ones = [item for item in view.milestones if not item.paid]
    if not open_ones and view.gap is None:
        return [EMPTY]
    lines = [fitting([gap(picture), close_by(picture)], width)]
    lines += columns([_row(item, 8 if width >= 52 else 0) for item in open_ones[:4]], "rlrlr", width)
    if any(item.is_illustrative for item in open_ones):
        lines.append(say("illustrative commitments", MUTED))
    return lines


def short(picture: Picture, width: int) -> Lines:
    """One line: the gap, then the next milestone."""
    open_ones = [item for item in picture.snapshot.funding.milestones if not item.paid]
    if not open_ones and picture.snapshot.funding.gap is None:
        return [EMPTY]
    if not open_ones:
        return [fitting([gap(picture)], width)]
    item = open_ones[0]
    tag = say("illustrative" if item.is_illustrative else "", MUTED)
    due = say(f"{item.due.day} {item.due:%b} ", MUTED) + say(show_millions(item.amount))
    named = joined([gap(picture), tag, due + say(f" {item.commitment}")])
    there = say(f"{share(item.funded / 10_000)} there", MUTED)
    return [
        fitting([gap(picture), tag, due, there], width)
        if named.cell_length > width
        else fitting([named, there], width)
    ]


def line(picture: Picture, width: int) -> Lines:
    """The desk's own sentence about the gap."""
    return wrapped(say(picture.snapshot.funding.line, STRONG), width)


def milestones(picture: Picture, width: int) -> Lines:
    """Every milestone, paid ones too."""
    rows = [
        [
            *_row(item, 14),
            say(item.name, MUTED),
            say("paid" if item.paid else ""),
            say("illustrative" if item.is_illustrative else "", MUTED),
        ]
        for item in picture.snapshot.funding.milestones
    ]
    return columns(rows, "rlrlrlll", width) or [EMPTY]


def _row(item: MilestoneView, bar: int) -> list[Content]:
    funded = item.funded / 10_000
    figure = show_millions(item.amount)
    if item.currency != "USD":
        figure = f"{item.currency} {show_money(item.amount, 0)}"
    return [
        say(f"{item.due.day} {item.due:%b}", MUTED),
        say(item.commitment),
        say(figure, STRONG),
        share_bar(funded, bar),
        say(share(funded)),
    ]
