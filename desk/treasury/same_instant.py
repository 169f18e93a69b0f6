"""Transfers of one instant in an order in which coins can follow them: into a place before out of it.

Transfers typed in by hand often share a time (a day's midnight). By their ids alone, coins would leave a place that
they have not reached yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import groupby

from desk.treasury.coin_records import Transfer


def in_order_of_places(transfers: Iterable[Transfer]) -> list[Transfer]:
    """By time sent; of one time, those into a place before those out of it, and otherwise by id."""
    ordered = sorted(transfers, key=lambda one: (one.sent, one.id))
    return [one for _, group in groupby(ordered, key=lambda one: one.sent) for one in _chained(list(group))]


def _chained(group: Sequence[Transfer]) -> Sequence[Transfer]:
    """Only what arrives at once can go on at once; a round trip keeps the order of the ids."""
    if len(group) < 2:
        return group
    before: dict[str, set[str]] = {}
    for one in group:
        feeding = before.setdefault(one.to_place, set())
        before.setdefault(one.from_place, set())
        if one.arrived == one.sent:
            feeding.add(one.from_place)
    try:
        rank = {place: number for number, place in enumerate(_sorted(before))}
    except CycleError:
        return group
    return sorted(group, key=lambda one: (rank[one.from_place], one.id))


def _sorted(before: Mapping[str, Iterable[str]]) -> list[str]:
    """Topological; of those that are ready together, by name."""
    graph = TopologicalSorter(before)
    graph.prepare()
    done: list[str] = []
    while graph.is_active():
        ready = sorted(graph.get_ready())
        done += ready
        graph.done(*ready)
    return done
