"""The desk: turn bitcoin into dollars on time, with permission, and be able to prove it. No screen in here."""
