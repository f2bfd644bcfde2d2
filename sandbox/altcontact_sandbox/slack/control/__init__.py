"""The control interface over HTTP: what people do and see, and what is set."""
