"""The HTTP API: `routes.py` says which there are; the other modules are what they stand on."""
