"""What the parts of the executor share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desk.clock import Clock
from desk.execution.journal import Journal
from desk.execution.resolving import Resolver
from desk.execution.sending import Sender
from desk.execution.settings import ExecutionSettings
from desk.execution.volume import VolumeMeter
from desk.execution.watching import Watcher
from desk.sale.controls import ControlLimits
from desk.venues.model import Venue


@dataclass(frozen=True, slots=True)
class Room:
    """The executor's edges and its hands, handed to each of its parts."""

    journal: Journal
    clock: Clock
    venues: Mapping[str, Venue]
    limits: ControlLimits
    settings: ExecutionSettings
    sender: Sender
    resolver: Resolver
    watcher: Watcher
    meter: VolumeMeter
    accounts: Mapping[str, str] = field(default_factory=dict)
    """The configured account label of each venue; one that is missing is not known."""
