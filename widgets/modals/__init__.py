"""Questions asked before an act. Escape always leaves, and nothing is signed by accident."""
