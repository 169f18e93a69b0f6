"""The desk: turn a miner's bitcoin into dollars on time, with permission, and be able to prove it. No screen in here."""
