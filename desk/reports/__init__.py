"""Reports for people outside the desk: the same bytes for the same record."""
