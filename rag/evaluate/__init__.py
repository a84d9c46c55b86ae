"""How good the answers and the search are, on files of questions whose right answers are known."""
