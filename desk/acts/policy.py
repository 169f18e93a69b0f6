"""The policy in force: what the configuration says, what was accepted, and whether the two are the same (design §4).

The configuration alone changes nothing: a digest that nobody accepted stops staging and every order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from desk.acts.outcome import Refused
from desk.canonical import Json
from desk.config import Config
from desk.ledger import ReadTx, control, sales
from desk.ledger.records import AcceptedPolicy
from desk.permission.people import read_people
from desk.permission.policy import Policy, Tier, VenuePolicy, read_policy, signers_of_change
from desk.permission.requests import RequestCircumstances, judge_request, read_request
from desk.sale.records import Sale
from desk.units import btc_text, decimal_text


@dataclass(frozen=True, slots=True)
class Standing:
    """The configured policy beside the accepted one."""

    configured: Policy
    accepted: Policy | None

    @property
    def digest(self) -> str:
        return self.configured.digest()

    @property
    def is_in_force(self) -> bool:
        return self.accepted is not None and self.accepted.digest() == self.digest

    def require(self) -> Policy:
        """The policy, if it is in force. Raises Refused with what to do."""
        if not self.is_in_force:
            raise Refused(
                "the configuration is not the accepted policy, so nothing may be staged, signed or sold; "
                "`desk policy diff` shows the difference, `desk policy approve --key FILE` accepts it"
            )
        return self.configured


def configured_policy(config: Config) -> Policy:
    """The policy that config.toml and the list of people add up to. Raises PolicyRefused or PeopleRefused."""
    controls, people_file = config.settings.controls, config.settings.people.allowed_signers
    try:
        text = people_file.read_text(encoding="utf-8") if people_file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"people.allowed_signers = {people_file}: cannot be read: {error}") from None
    limits: dict[str, Json] = {name: _plain(name, value) for name, value in controls if name != "approvals"}
    return Policy(
        controls=limits,
        tiers=tuple(Tier(Decimal(tier.above_usd), tier.required) for tier in controls.approvals),
        people=read_people(text).roster.people,
        venues={
            name: VenuePolicy(venue.exchange, venue.symbol, venue.address)
            for name, venue in config.settings.venues.items()
        },
    )


def _plain(name: str, value: object) -> Json:
    """One control in its only spelling: satoshis as BTC text, decimals and seconds as plain text."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value.normalize() if value else Decimal(0))
    if isinstance(value, float):
        return decimal_text(Decimal(repr(value)).normalize())
    if isinstance(value, int):
        return btc_text(value) if name.endswith("_btc") else value
    raise Refused(f"controls.{name} = {value!r} has no plain form")


def standing(config: Config, tx: ReadTx) -> Standing:
    """Configured and accepted policy, read now."""
    accepted = control.current_policy(tx)
    return Standing(configured_policy(config), read_policy(accepted[1]) if accepted else None)


def policy_for(sale: Sale, history: Sequence[AcceptedPolicy], in_force: Policy) -> Policy:
    """What a sale's signatures are judged by: the policy in force, or the one a finished sale was worked under."""
    if not sale.state.is_final:
        return in_force
    named = (one for one in history if one.digest == sale.terms.policy_digest)
    return next((read_policy(one.document) for one in named), in_force)


def trusted(configured: Policy, tx: ReadTx) -> Standing:
    """Like `standing`, after every later policy proved to be signed by the people of the one before it.

    Raises Refused where one is not: whoever holds only the database cannot change who may sign.
    """
    history = control.policies(tx)
    for before, after in pairwise(history):
        _check_signed(tx, read_policy(before.document), read_policy(after.document), after)
    return Standing(configured, read_policy(history[-1].document) if history else None)


def _check_signed(tx: ReadTx, old: Policy, new: Policy, accepted: AcceptedPolicy) -> None:
    request = control.get_request(tx, accepted.request_id or "")
    payload = read_request(request.body).payload if request else {}
    if request is None or payload.get("policy") != new.digest() or payload.get("replaces") != old.digest():
        raise Refused(f"policy {accepted.number} was accepted without a signed request; nothing may be sold under it")
    given = RequestCircumstances(
        desk_id=read_request(request.body).desk_id,
        roster=signers_of_change(old, new),
        required=old.required_for_change(),
        now=accepted.accepted,
        head_hash=read_request(request.body).head.hash,
    )
    verdict = judge_request(read_request(request.body), sales.signatures(tx, request.id), given)
    if not verdict.is_granted:
        raise Refused(f"policy {accepted.number} was accepted without the signatures it needs: {verdict.sentence}")
