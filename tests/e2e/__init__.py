"""End-to-end tests: the real process, real HTTP and WebSocket, the sandbox around it."""
