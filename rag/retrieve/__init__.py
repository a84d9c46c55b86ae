"""From a question to papers and to the sentences that answer it."""
