"""The embedded exchange: a pure matching engine, a living market, and a loopback server speaking Kraken's dialect.

`engine` and what it stands on know no HTTP, no event loop and no clock; `server` is the only way in for a client.
"""
