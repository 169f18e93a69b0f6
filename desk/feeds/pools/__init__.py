"""Mining pools: what each account earned on each of the pool's days, one small adapter per pool."""
