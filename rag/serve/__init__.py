"""What people touch: the command line, the browser UI, the HTTP API."""
