"""Cash for the next 13 weeks by the direct method: from statements to a table in which every cell can be opened."""
