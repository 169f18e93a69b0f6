"""The tables people keep in spreadsheets: which columns each has, and the records that its rows say."""
