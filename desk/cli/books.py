"""`desk books`: the roll-forward by month and day, what does not agree in it, whose that is, and closing a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_table
from desk.cli.treasury import add_import

if TYPE_CHECKING:
    from desk.treasury.books import Books

_SHOWN = 3
_NO_BREAKS = "everything agrees"
_NO_OPENING = "no opening lots: what was there before is not in the books (desk holdings template writes the form)"
_BEGIN = "the books begin on {}; nothing is known before"
_EMPTY = "the books are empty: nothing is known yet (desk holdings template writes the form of a cut-over)"


@click.group()
def books() -> None:
    """The books: roll them forward, name what does not agree, close a month."""


@books.command()
@click.option("--month", metavar="YYYY-MM", help="A calendar month (UTC); by default the one that runs.")
@click.option("--day", metavar="YYYY-MM-DD", help="One UTC day instead.")
@click.option("--entries", "with_entries", is_flag=True, help="Every entry under its line.")
@json_option
@pass_session
def roll(session: Session, month: str | None, day: str | None, with_entries: bool, as_json: bool) -> None:
    """Opening, what came, what went, closing, in BTC and USD; what was seen at the places; what does not agree."""
    from desk.snapshot.books_json import day_json, month_json
    from desk.treasury.months import check_month, month_of

    if month and day:
        raise click.UsageError("--month and --day exclude each other")
    found, now = _books(session), session.clock.now()
    if day is not None:
        asked = _day(day)
        _check_begun(asked, now.date())
        document = day_json(found, asked, now)
    else:
        asked_month = check_month(month) if month else month_of(now)
        _check_begun(date.fromisoformat(f"{asked_month}-01"), now.date())
        document = month_json(found, asked_month, now)
    if as_json:
        emit_json(document)
    else:
        _show_roll(document, with_entries)


@books.command("breaks")
@click.option("--all", "with_settled", is_flag=True, help="Also those that are explained to the last satoshi.")
@json_option
@pass_session
def breaks_(session: Session, with_settled: bool, as_json: bool) -> None:
    """What does not agree: since when, how old, whose, and what explains part of it."""
    from desk.snapshot.books_json import breaks_json

    now = session.clock.now()
    found = [one for one in _books(session).breaks(now) if with_settled or one.is_open]
    document = breaks_json(found, now.date())
    if as_json:
        emit_json(document)
        return
    show_table([_break_row(one) for one in document], empty=_NO_BREAKS)
    if document:
        say("")
    for one in document:
        say(f"{one['id']}: {one['text']}")
        for line in one["explained"]:
            say(f"  {_btc(line['btc'])} BTC explained by {line['author']} ({line['id']}): {line['text']}")


@books.command()
@click.argument("break_id", metavar="BREAK")
@click.option("--owner", required=True, metavar="NAME", help="Who looks after it.")
@click.option("--note", default="", metavar="TEXT")
@pass_session
def own(session: Session, break_id: str, owner: str, note: str) -> None:
    """Say who looks after a break."""
    from desk.acts import books as acts

    found = acts.own(session.ledger(), session.clock, session.actor, break_id, owner, note)
    say(f"{owner} looks after {found.id}: {found.sentence}")


@books.command()
@click.option("--month", required=True, metavar="YYYY-MM", help="The month in which the coins left or came.")
@click.option("--btc", required=True, metavar="±Q", help="How many the line explains; positive is coins that left.")
@click.option("--text", required=True, help="What happened, in one line.")
@click.option("--usd", metavar="±Q", help="Their value; by default that of the mark of the day.")
@click.option("--break", "break_id", metavar="BREAK", help="Which break, where the month has several.")
@click.option("--day", metavar="YYYY-MM-DD", help="When; by default when the break began.")
@json_option
@pass_session
def explain(
    session: Session,
    month: str,
    btc: str,
    text: str,
    usd: str | None,
    break_id: str | None,
    day: str | None,
    as_json: bool,
) -> None:
    """Put a named line on record that explains a break, or part of it."""
    from desk.acts import books as acts
    from desk.snapshot.books_json import explanation_json
    from desk.units import btc_text

    line, left = acts.explain(
        session.ledger(),
        session.clock,
        session.actor,
        month,
        btc,
        text,
        usd=usd,
        break_id=break_id,
        day=_day(day) if day else None,
    )
    if as_json:
        emit_json({**explanation_json(line), "left_btc": btc_text(left)})
        return
    rest = f"{btc_text(left)} BTC of it are still open" if left else "nothing of it is left"
    coins = f"{btc_text(line.sats)} BTC of " if line.sats else ""
    say(f"{line.id} explains {coins}{line.about}; {rest}")


@books.command()
@click.option("--month", required=True, metavar="YYYY-MM")
@click.option(
    "--with-breaks",
    "named",
    multiple=True,
    metavar="BREAK",
    help="A break that stays open, on the record; say it again for each.",
)
@click.option("--without-usd", is_flag=True, help="Also where marks are missing: what has no dollars keeps none.")
@json_option
@pass_session
def close(session: Session, month: str, named: Sequence[str], without_usd: bool, as_json: bool) -> None:
    """Close a month for good: its figures, entries and lots are frozen under a digest.

    What comes later is an entry of the first open month.
    """
    from desk.acts import books as acts
    from desk.clock import iso

    relief = session.config.settings.treasury.relief
    made = acts.close(
        session.ledger(), session.clock, session.actor, month, named, relief=relief, without_usd=without_usd
    )
    if as_json:
        said = {"month": made.month, "digest": made.digest, "by": made.closed_by, "at": iso(made.closed_at)}
        emit_json({**said, "open_breaks": sorted(named)})
        return
    left = f" with {len(named)} open break{'s' if len(named) > 1 else ''} on record" if named else ""
    say(f"{month} is closed{left}: SHA-256 {made.digest}")


add_import(books, "books", "explanations of breaks, or announced months,")


def _books(session: Session) -> Books:
    from desk.acts.books import load_books

    return load_books(session.ledger(read_only=True))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it like 2026-02-07") from None


def _check_begun(first: date, today: date) -> None:
    if first > today:
        raise click.BadParameter(f"{first} is in the future; today is {today} (UTC)")


def _show_roll(document: Mapping[str, Any], with_entries: bool) -> None:
    state = f" · {document['state']}" if "state" in document else ""
    say(f"{document['period']}{state} · UTC")
    closed = document.get("closed")
    if closed:
        say(f"closed by {closed['by']} at {closed['at']}, SHA-256 {closed['digest']}")
    begins = document["begins"]
    if begins is None or begins[: len(document["period"])] > document["period"]:
        _show_nothing_known(document, begins)
        return
    if begins > _first_day_of(document["period"]):
        say(_BEGIN.format(begins))
    show_table(_statement_rows(document, with_entries), empty="")
    _say_missing(document["missing"])
    say("")
    show_table([_place_row(one) for one in document["places"]], empty="no coins at any place")
    for one in document["to_deliver"]:
        say(f"sold, to be delivered: {_btc(one['btc'])} BTC of {one['block']} at {one['place']} by {one['by']}")
    if document["to_deliver"]:
        say(f"with them {_btc(document['at_places_btc'])} BTC are at the places: the total of desk holdings")
    unseen = _unseen(document)
    if unseen:
        say(f"not looked at in {document['period']}: {', '.join(unseen)}; what is there is by the books alone")
    if not document["has_opening"]:
        say(_NO_OPENING)
    _show_published(document.get("published"))
    if document.get("later_entries"):
        say("\nlearned after the close, booked in later months")
        show_table([_entry_row(one) for one in document["later_entries"]], empty="")
    if "breaks" in document:
        say("")
        agrees = "what was looked at agrees" if unseen else _NO_BREAKS
        show_table([_break_row(one) for one in document["breaks"]], empty=agrees)


def _show_nothing_known(document: Mapping[str, Any], begins: str | None) -> None:
    """A period before the first entry: no balance of it is zero, none is known. What was announced stands all the
    same."""
    say(_EMPTY if begins is None else _BEGIN.format(begins))
    _show_published(document.get("published"))
    found = document.get("breaks", ())
    if found:
        say("")
        show_table([_break_row(one) for one in found], empty="")


def _first_day_of(period: str) -> str:
    return period if len(period) > len("2026-01") else f"{period}-01"


def _say_missing(texts: Sequence[str]) -> None:
    """Why there are no dollars: the first few things that are missing, and how many more."""
    if texts:
        more = f" and {len(texts) - _SHOWN} more (--json names them)" if len(texts) > _SHOWN else ""
        say(f"no dollars: {'; '.join(texts[:_SHOWN])}{more}")


def _unseen(document: Mapping[str, Any]) -> list[str]:
    """Places with coins at which nobody looked since the period began: no difference there is no agreement.

    A look at the very beginning is the last one of the period before.
    """
    begins = f"{_first_day_of(document['period'])}T00:00:00Z"
    return [
        one["place"]
        for one in document["places"]
        if Decimal(one["books_btc"]) and (one["seen_at"] or "") <= begins and not one["place"].startswith("transit:")
    ]


def _btc(text: str | None) -> str:
    """BTC for people, grouped."""
    return "" if text is None else f"{Decimal(text):,f}"


def _usd(text: str | None) -> str:
    """Dollars for people, grouped, to the cent."""
    return "" if text is None else f"{Decimal(text):,.2f}"


def _statement_rows(document: Mapping[str, Any], with_entries: bool) -> list[dict[str, object]]:
    rows = [_row("opening", document["opening"])]
    for line in document["lines"]:
        rows.append(_row(line["line"], line))
        if with_entries:
            rows += [_row(f"  {one['ref']} at {one['place']}", one) for one in line["entries"]]
    change = {"btc": None, "usd": document["fair_value_change_usd"]}
    return [*rows, _row("change in fair value", change), _row("closing", document["closing"])]


def _row(name: str, said: Mapping[str, Any]) -> dict[str, object]:
    return {"line": name, "BTC": _btc(said["btc"]), "USD": _usd(said["usd"])}


def _place_row(one: Mapping[str, Any]) -> dict[str, object]:
    return {
        "place": one["place"],
        "books": _btc(one["books_btc"]),
        "seen": _btc(one["seen_btc"]),
        "at": one["seen_at"] or "never",
        "difference": _btc(one["difference_btc"]),
    }


def _break_row(one: Mapping[str, Any]) -> dict[str, object]:
    return {
        "break": one["id"],
        "BTC": _btc(one["btc"]),
        "open": _btc(one["open_btc"]),
        "money": f"{Decimal(one['money']):,f} {one['currency']}" if one["money"] else "",
        "since": one["since"],
        "days": one["age_days"],
        "owner": one["owner"] or "nobody",
    }


def _entry_row(one: Mapping[str, Any]) -> dict[str, object]:
    figures = {"BTC": _btc(one["btc"]), "USD": _usd(one["usd"])}
    return {"ref": one["ref"], "place": one["place"], **figures, "note": one["note"]}


def _show_published(one: Mapping[str, Any] | None) -> None:
    if one is None:
        return
    say("\nas published")
    names = {"opening_btc": "opening", "produced_btc": "produced", "sold_btc": "sold", "held_btc": "held"}
    rows = [{"line": text, "BTC": _btc(one[name])} for name, text in names.items()]
    show_table([*rows, {"line": "left without a word", "BTC": _btc(one["open_btc"])}], empty="")
