"""What the daemon does beside selling: holds the lock, watches venues, applies commands, signs checkpoints."""
