"""Whether these numbers can be trusted: venues, daemon, audit head, and what could not be read."""

from __future__ import annotations

from textual.content import Content

from widgets.layout import Lines, columns, wrapped
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, age, day_hm, say


def venues(picture: Picture, width: int) -> Lines:
    """One line a venue: reachable, ages of book and balances, the last error as it came."""
    rows = []
    for venue in picture.snapshot.venues:
        reach = {True: say("reachable"), False: say("unreachable", HARM), None: say("not asked yet", MUTED)}
        rows.append(
            [
                say(venue.name, STRONG),
                say(f"{venue.exchange} {venue.symbol}", MUTED),
                reach[venue.is_reachable],
                say("book ", MUTED) + say(age(picture.aged(venue.book_age_s))),
                say("balances ", MUTED) + say(age(picture.aged(venue.balance_age_s))),
                say(venue.last_error, HARM),
            ]
        )
    return columns(rows, "llllll", width) or [say("no venue configured: [venues.NAME] in config.toml", MUTED)]


def daemon(picture: Picture, width: int) -> Lines:
    view = picture.snapshot.daemon
    if view.state == "stopped":
        return [say("stopped", HARM) + say("  approved sales are not worked: start it with desk daemon")]
    style = STRONG if view.state == "running" else HARM
    rows = [
        ("state", say(view.state, style) + say(f"  heartbeat {age(picture.aged(view.age_s))} ago", MUTED)),
        ("process", say(f"{view.pid if view.pid is not None else 'not known'}")),
        ("epoch", say(f"{view.epoch if view.epoch is not None else 'not known'}")),
        ("working", say(f"{view.working} {'sale' if view.working == 1 else 'sales'}")),
    ]
    return pairs(rows, width)


def halt(picture: Picture, width: int) -> Lines:
    view = picture.snapshot.halt
    if view is None:
        return [say("off")]
    since = day_hm(picture, view.since) if view.since else "an unknown time"
    names = f" ({', '.join(view.rearm_signers)})" if view.rearm_signers else ""
    rows = [
        ("halted", say(f"by {view.actor} since {since}", HARM)),
        ("because", say(view.reason, STRONG)),
        ("rearm", say(f"{view.rearm_signatures} of {view.rearm_needed} signatures{names}")),
    ]
    return pairs(rows, width)


def audit(picture: Picture, width: int) -> Lines:
    """The event chain's head and how far the signed checkpoint outside the database follows it."""
    view = picture.snapshot.audit
    if view.checkpoint_seq is None:
        anchor = say("none read yet: events are unanchored until there is one", HARM)
    else:
        behind = view.head_seq - view.checkpoint_seq
        anchor = say(f"event {view.checkpoint_seq:,}") + say(
            f"  {behind} behind · {age(picture.aged(view.checkpoint_age_s))} ago", MUTED
        )
    grouped = " ".join(view.head_hash[at : at + 8] for at in range(0, min(len(view.head_hash), 64), 8))
    rows = [("head", say(f"event {view.head_seq:,}", STRONG)), ("hash", say(grouped)), ("checkpoint", anchor)]
    return pairs(rows, width)


def problems(picture: Picture, width: int) -> Lines:
    """What could not be read for this picture, in full."""
    found = [*([picture.problem] if picture.problem else []), *picture.snapshot.problems]
    lines: Lines = []
    for problem in found:
        lines += wrapped(say(problem, HARM), width)
    return lines or [say("everything could be read")]


def pairs(rows: list[tuple[str, Content]], width: int) -> Lines:
    """Label and value, one pair a line, values aligned."""
    return columns([[say(label, MUTED), value] for label, value in rows], "ll", width)
