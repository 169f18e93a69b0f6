"""What is owed and needed: the next gap with its date, milestones, cash to come, and what selling would close it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from textual.content import Content

from desk.snapshot.model import FundingView, MilestoneView, ProposalView
from desk.units import show_btc, show_millions, show_money
from widgets.charts.bar import share_bar
from widgets.layout import Lines, columns, fitting, wrapped
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say, share

EMPTY = say("no commitments: desk capex import FILE", MUTED)
NO_GAP_MARK, GAP_MARK = "✓", "✗"


def gap(picture: Picture) -> Content:
    """How much is lacking first and when, and the most that ever is; or that nothing is."""
    view = picture.snapshot.funding
    if view.gap is None:
        return say("gap not known", MUTED)
    if view.gap <= 0:
        return say("no gap in sight")
    first, deepest = view.next_gap_on, view.deepest_on
    if first is None or deepest is None or view.first_short is None:
        return say(f"gap {show_millions(view.gap)}", HARM)
    most = "" if deepest == first else f", {show_millions(view.gap)} by {_day(deepest)}"
    return say(f"gap {show_millions(view.first_short)} on {_day(first)}{most}", HARM)


def note(picture: Picture, width: int) -> Content:
    """Beside the heading: how far the forecast looks, and what simulated futures say of its least cash."""
    view = picture.snapshot.funding
    if not view.weeks:
        return say("")
    weeks = say(f"{len(view.weeks)} weeks", MUTED)
    found = view.at_risk
    if found is None:
        return weeks
    return fitting([say(f"least cash P5 {_millions(found.p5)}", MUTED), weeks], max(width - 12, 8))


def least(picture: Picture) -> list[Content]:
    """The least cash with its week, the floor it is held against, and how long cash lasts."""
    view = picture.snapshot.funding
    if view.minimum is None or view.minimum_week is None:
        return []
    is_short = view.floor is not None and view.minimum < view.floor
    mark = "" if view.floor is None else f" {GAP_MARK}" if is_short else f" {NO_GAP_MARK}"
    found = [say(f"least {_millions(view.minimum)} in week {view.minimum_week}", HARM if is_short else STRONG)]
    if view.floor is not None:
        found.append(say(f"floor {show_millions(view.floor)}{mark}"))
        found.append(say(f"runway {runway(view)}"))
    return found


def runway(view: FundingView) -> str:
    """Until when cash is above the floor."""
    weeks = view.runway_weeks
    if weeks is None:
        return f"beyond {len(view.weeks)} weeks"
    return "1 week" if weeks == 1 else f"{weeks} weeks"


def proposed(picture: Picture) -> list[Content]:
    """What the plan asks for next, and how much in all."""
    view = picture.snapshot.funding
    if not view.proposals:
        sats = view.sats_to_close
        return [say(f"selling {show_btc(sats, 2)} BTC would close it", MUTED)] if sats else []
    first = view.proposals[0]
    words = say(f"desk plan proposes {show_btc(first.wanted, 2)} BTC by {first.sell_by.day} {first.sell_by:%b}")
    total = sum(one.wanted for one in view.proposals)
    return [words, say(f"{show_btc(total, 2)} in all" if len(view.proposals) > 1 else "", MUTED)]


def full(picture: Picture, width: int) -> Lines:
    """The gap, the least cash against the floor, what the plan proposes, the next milestones with what is there."""
    view = picture.snapshot.funding
    open_ones = [item for item in view.milestones if not item.paid]
    if not open_ones and view.gap is None and not view.weeks:
        return [EMPTY]
    numbers, asked = least(picture), proposed(picture)
    lines = [fitting([gap(picture), *numbers[2:]], width)]
    lines += [fitting(numbers[:2], width)] if numbers else []
    lines += [fitting(asked, width)] if asked else []
    lines += columns([_row(item, 8 if width >= 52 else 0) for item in open_ones[:4]], "rlrlr", width)
    if any(item.is_illustrative for item in open_ones):
        lines.append(say("illustrative commitments", MUTED))
    return lines


def short(picture: Picture, width: int) -> Lines:
    """Two lines: the gap, then the next milestone with what is there of it."""
    open_ones = [item for item in picture.snapshot.funding.milestones if not item.paid]
    if not open_ones and picture.snapshot.funding.gap is None:
        return [EMPTY]
    lines = [fitting([gap(picture), *proposed(picture)[:1]], width)]
    for item in open_ones[:1]:
        there = say(f"{share(item.funded / 10_000)} there", MUTED)
        tag = say("illustrative" if item.is_illustrative else "", MUTED)
        due = say(f"{_day(item.due)} ", MUTED) + say(f"{item.commitment} ") + say(_figure(item), STRONG)
        lines.append(fitting([due, there, tag], width))
    return lines


def line(picture: Picture, width: int) -> Lines:
    """The desk's own sentence about the gap."""
    return wrapped(say(picture.snapshot.funding.line, STRONG), width)


def outlook(picture: Picture, width: int) -> Lines:
    """The sentence, and under it the least cash, the floor, the runway and where the floor comes from."""
    view = picture.snapshot.funding
    parts = least(picture)
    if parts and view.floor is not None:
        parts.append(say(view.floor_source, MUTED))
    return [*line(picture, width), *([fitting(parts, width)] if parts else [])]


def proposals(picture: Picture, width: int) -> Lines:
    """Each sale the plan asks for, in two lines; and what they leave open."""
    view = picture.snapshot.funding
    lines: Lines = []
    for one in view.proposals:
        lines += _proposal(one, width)
    if not lines:
        return [say("nothing to sell for: " if view.gap == 0 else "no proposal: ", MUTED) + gap(picture)]
    left = view.gap_after
    after = f"with them the gap is still {show_millions(left)}" if left else "with them cash stays above the floor"
    return [*lines, say(after, HARM if left else MUTED), say("desk plan --stage P-1 --over 6h --key FILE", MUTED)]


def short_proposals(picture: Picture, width: int) -> Lines:
    """A line for each sale the plan asks for."""
    rows = [
        [
            say(one.id, STRONG),
            say(f"{show_btc(one.wanted, 2)} BTC"),
            say(f"by {one.sell_by.day} {one.sell_by:%b}"),
            say("late" if one.is_late else "", HARM),
            say(f"{one.purpose} · {one.because}", MUTED),
        ]
        for one in picture.snapshot.funding.proposals
    ]
    return columns(rows, "lrlll", width) or proposals(picture, width)


def _proposal(one: ProposalView, width: int) -> Lines:
    by = f"{one.sell_by.day} {one.sell_by:%b %H:%M} UTC"
    head = [say(f"{one.id} ", STRONG) + say(f"{show_btc(one.wanted, 2)} BTC by {by}"), say(one.purpose)]
    late = say(f"{(one.arrives - one.needed_on).days} days late" if one.is_late else "", HARM)
    brings = f"brings {show_millions(one.proceeds)} on {one.arrives.day} {one.arrives:%b}"
    detail = [say(f"    {brings}", MUTED), late, say(one.because, MUTED)]
    lines = [fitting(head, width), fitting(detail, width)]
    if one.deposit:
        lines.append(fitting([say(f"    deposit {show_btc(one.deposit, 2)} BTC to the venue first", HARM)], width))
    if one.sats < one.wanted:
        lines.append(fitting([say(f"    {show_btc(one.wanted - one.sats, 2)} BTC of it are not there", HARM)], width))
    return lines


def at_risk(picture: Picture, width: int) -> Lines:
    """What simulated futures say, and what they assume."""
    view = picture.snapshot.funding
    found = view.at_risk
    if found is None:
        return wrapped(
            say(f"no estimate: {view.at_risk_missing}" if view.at_risk_missing else "not known yet", MUTED), width
        )
    rows = [
        [say("least cash", MUTED), say(f"P5 {_millions(found.p5)}", STRONG), say(f"P50 {_millions(found.p50)}")],
    ]
    if found.breach is not None and found.breach_with_proposals is not None:
        rows.append(
            [
                say("below the floor", MUTED),
                say(percent(found.breach), HARM if found.breach > Decimal("0.05") else STRONG),
                say(f"{percent(found.breach_with_proposals)} as proposed"),
            ]
        )
        wanted = found.sats_for_confidence
        amount = "no sale made now" if wanted is None else f"{show_btc(wanted, 2)} BTC now"
        rows.append([say(f"sell for {percent(found.confidence, 0)}", MUTED), say(amount, STRONG), say("")])
    rows += [[say("margin call", MUTED), say(percent(chance)), say(loan)] for loan, chance in found.calls]
    head = columns(rows, "lll", width)
    told = f"{found.paths:,} futures, seed {found.seed}, as of {picture.local(found.taken):%H:%M:%S}"
    assumed = [part for text in found.assumptions for part in wrapped(say(f"assumed: {text}", MUTED), width)]
    return [*head, say(told, MUTED), *assumed]


def notes(picture: Picture, width: int) -> Lines:
    """What the forecast leaves out, and why."""
    return [part for text in picture.snapshot.funding.notes for part in wrapped(say(text, MUTED), width)]


def milestones(picture: Picture, width: int) -> Lines:
    """Every milestone, paid ones too."""
    items = picture.snapshot.funding.milestones
    roomy = width >= 90
    rows = [
        [
            *_row(item, 14 if roomy else 8),
            say(item.name + (", paid" if item.paid else ""), MUTED),
            say("illustrative" if item.is_illustrative and roomy else "", MUTED),
        ]
        for item in items
    ]
    lines = columns(rows, "rlrlrll", width) or [EMPTY]
    is_invented = not roomy and any(item.is_illustrative for item in items)
    return [*lines, say("illustrative commitments", MUTED)] if is_invented else lines


def percent(value: Decimal, places: int = 1) -> str:
    """A share 0 … 1 as a percentage."""
    return f"{value * 100:.{places}f} %"


def _millions(amount: Decimal) -> str:
    return show_millions(amount).replace("-", "−")


def _row(item: MilestoneView, bar: int) -> list[Content]:
    funded = item.funded / 10_000
    return [
        say(f"{item.due.day} {item.due:%b}", MUTED),
        say(item.commitment),
        say(_figure(item), STRONG),
        share_bar(funded, bar),
        say(share(funded)),
    ]


def _figure(item: MilestoneView) -> str:
    return show_millions(item.amount) if item.currency == "USD" else f"{item.currency} {show_money(item.amount, 0)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
