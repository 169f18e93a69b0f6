"""Small charts of our own: the densest at 80×24 and the cheapest to redraw. Floats here are only geometry."""
