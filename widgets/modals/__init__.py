"""Questions asked before an act. Cancel has the focus, Escape always leaves, and nothing is signed by accident."""
