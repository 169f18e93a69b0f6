"""Charts and bars: what is drawn is what was said, at every size."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from desk.snapshot.model import CurvePoint
from desk.units import Sats
from widgets.charts.bar import limit_bar, part_bar, share_bar, spark, zone_scale
from widgets.charts.columns import ColumnChart
from widgets.charts.curve import CurveChart
from widgets.charts.line import LineChart

START = datetime(2026, 2, 7, 8, 30, tzinfo=UTC)
DAYS = st.tuples(st.integers(0, 10**12), st.none() | st.integers(0, 10**12))
SIZES = st.tuples(st.integers(0, 120), st.integers(0, 30))


def curve(steps, done_until):
    moments = [START + timedelta(minutes=5 * at) for at in range(steps + 1)]
    sums = [Sats(at * 10**8) for at in range(steps + 1)]
    return [
        CurvePoint(moment, planned, planned if at <= done_until else None)
        for at, (moment, planned) in enumerate(zip(moments, sums, strict=True))
    ]


def texts(chart, width, height):
    return ["".join(text for text, _ in row) for row in chart.rows(width, height)]


@given(SIZES, st.integers(1, 130), st.integers(-1, 130))
def test_a_curve_fits_every_size(size, steps, done):
    chart = CurveChart()
    chart.show(curve(steps, done), START + timedelta(minutes=20), ("Sat 08:30", "now", "Sat 18:30"))
    lines = texts(chart, *size)
    assert len(lines) <= max(size[1], 1)
    if lines and size[0] > 30:
        assert all(len(line) <= size[0] for line in lines)


def test_what_is_done_is_drawn_to_now_and_the_plan_beyond_it():
    chart = CurveChart()
    chart.show(curve(10, 5), START + timedelta(minutes=25), ("start", "now", "end"))
    rows = chart.rows(46, 12)
    kinds = [[(kind, text) for text, kind in row[1:]] for row in rows[:-1]]
    bottom = [kind for kind, text in kinds[-1] for _ in text]
    top = [kind for kind, text in kinds[0] for _ in text]
    assert bottom[len(bottom) // 4] == "chart--main"
    assert bottom[-4] != "chart--main"
    assert "chart--main" not in top
    assert "chart--quiet" in top
    assert "now" in "".join(text for text, _ in rows[-1])


def test_without_anything_to_draw_a_chart_says_so():
    for chart in (CurveChart(), LineChart(), ColumnChart()):
        assert "yet" in texts(chart, 60, 10)[0]


@given(SIZES, st.lists(st.decimals(1, 100_000, places=2), min_size=2, max_size=50))
def test_prices_fit_every_size(size, values):
    chart = LineChart()
    chart.show([(START + timedelta(minutes=at), value) for at, value in enumerate(values)], ("first", "last"))
    lines = texts(chart, *size)
    assert len(lines) <= max(size[1], 1)
    if lines and size[0] > 30:
        assert all(len(line) <= size[0] for line in lines)
        assert any(char > "⠀" for line in lines for char in line)


@given(SIZES, st.lists(DAYS, min_size=1, max_size=60))
def test_days_fit_every_size(size, days):
    chart = ColumnChart()
    chart.show(days, ("9 Jan", "7 Feb"))
    lines = texts(chart, *size)
    assert len(lines) <= max(size[1], 1)
    if size[0] > 30:
        assert all(len(line) <= size[0] for line in lines)


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=5), st.integers(5, 120))
def test_a_bar_is_as_long_as_it_was_told_and_hides_no_part(sizes, width):
    bar = part_bar([(size, glyph, "") for size, glyph in zip(sizes, "█▓▒░·", strict=False)], width)
    assert bar.cell_length == width
    if sum(sizes):
        assert all(glyph in bar.plain for size, glyph in zip(sizes, "█▓▒░·", strict=False) if size)


@given(st.decimals(-1, 2, places=4), st.integers(0, 60))
def test_a_share_bar_never_overflows(done, width):
    assert share_bar(done, width).cell_length == width


@given(st.decimals(0, 20_000, places=0), st.integers(8, 120))
def test_a_loans_bar_always_shows_both_limits(ltv, width):
    bar = limit_bar(ltv, Decimal(8000), Decimal(9000), width)
    assert bar.cell_length == width
    assert "┃" in bar.plain
    if width >= 30:
        assert "┊" in bar.plain


@given(
    st.decimals(0, 20_000, places=0), st.integers(8, 60), st.sampled_from([(8000, 9000), (7500, 8500), (500, 9000)])
)
@example(Decimal(8000), 24, (8000, 9000))
@example(Decimal(9000), 24, (8000, 9000))
def test_a_ladders_bar_is_beyond_a_limits_mark_if_and_only_if_the_value_is(ltv, width, limits):
    scale = zone_scale(Decimal(limits[0]), Decimal(limits[1]), width)
    assert scale is not None
    before, rest = scale.bar(ltv, "").plain.split("┊")
    between, beyond = rest.split("┃")
    assert len(before) + len(between) + len(beyond) + 2 == width
    assert (set(between) > {"░"} or "░" not in between) == (ltv >= limits[0])
    assert (set(beyond) > {"░"} or "░" not in beyond) == (ltv >= limits[1])
    assert scale.heading(("call", "liq"), str).cell_length == width


def test_a_ladders_bar_tells_73_from_81_and_91_per_cent():
    scale = zone_scale(Decimal(8000), Decimal(9000), 24)
    drawn = [scale.bar(Decimal(ltv), "").plain for ltv in (7300, 8110, 9120, 12000)]
    assert drawn == [
        "███████▉░░░┊░░░░┃░░░░░░░",
        "███████████┊▍░░░┃░░░░░░░",
        "███████████┊████┃▌░░░░░░",
        "███████████┊████┃██████▶",
    ]
    assert scale.heading(("call", "liq"), lambda level: f"{level / 100:.0f} %").plain == "55 %   call┊ liq┃  105 %"


def test_a_spark_goes_from_the_lowest_to_the_highest():
    assert spark([1, 2, 3], 3) == "▁▄█"
    assert spark([], 10) == ""
