"""The index: papers in SQLite (the source of truth), their vectors in Chroma, one directory per generation."""
