"""Readers: a file of any accepted form becomes an iterator of `Paper` and `Rejected`. Standard library only."""
