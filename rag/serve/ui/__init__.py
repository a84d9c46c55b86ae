"""The chat page: `turn.py` folds events into what is seen, `render.py` writes HTML, `chat.py` is what the controls do,
`page.py` is the Gradio shell."""
