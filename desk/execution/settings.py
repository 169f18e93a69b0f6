"""How the executor paces itself; limits that protect money are the policy's, in `desk.sale.controls`."""

from __future__ import annotations

from dataclasses import dataclass

CATCH_UP = 3
"""How many times its plan a slice may take on after missed time (design: never a burst)."""


@dataclass(frozen=True, slots=True)
class ExecutionSettings:
    """Wall seconds throughout. `catch_up`: how many times its plan a slice may take on after missed time."""

    poll_s: float = 3.0
    hinted_poll_s: float = 0.5
    look_up_first_s: float = 0.5
    look_up_most_s: float = 15.0
    cancel_retry_s: float = 2.0
    cancel_most_s: float = 60.0
    balance_refresh_s: float = 20.0
    volume_every_s: float = 5.0
    unresolved_alarm_s: float = 60.0
    refused_pause_s: float = 2.0
    refused_most_s: float = 15.0
    catch_up: int = CATCH_UP
    reprice_s: float = 1.0
    most_decisions: int = 40
    record_within_s: float = 2.0
    """How long a cancel that has to go waits for its record before it goes without (P12 before P2)."""


def paced_for(speed: int) -> ExecutionSettings:
    """The pace of a demo whose desk time runs `speed` times as fast: it may ask its loopback exchange more often.

    Only how often something is asked changes; bounds, quarantine, guard and freshness stay what they are.
    """
    if speed == 1:
        return ExecutionSettings()
    return ExecutionSettings(
        poll_s=0.6,
        hinted_poll_s=0.1,
        cancel_retry_s=1.0,
        refused_pause_s=0.2,
        refused_most_s=0.8,
        reprice_s=0.15,
        volume_every_s=1.0,
    )
