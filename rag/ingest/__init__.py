"""Readers: a file of any accepted form becomes an iterator of `Paper` and `Rejected`. Parsers of other projects are
imported when a file needs them; session pages and JSONL need the standard library only."""
