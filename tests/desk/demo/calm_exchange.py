"""The paper exchange on a calm day: little happens at the touch, so what rests there is still resting a moment later.

Runs as `python -m desk.demo.child tests.desk.demo.calm_exchange …`, with the arguments of `desk.paper`.
"""

from functools import partial

import desk.paper.__main__ as paper
from desk.paper.config import PaperConfig
from desk.paper.market import Shape

CALM = Shape(volatility=0.01, regime_sd=0.0, btc_per_minute=0.3, trades_per_minute=60.0)

if __name__ == "__main__":
    paper.PaperConfig = partial(PaperConfig, shape=CALM)  # type: ignore[assignment,misc]
    paper.main(prog_name="python -m desk.paper")
