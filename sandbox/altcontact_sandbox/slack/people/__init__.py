"""The members of the workspace, what they do, and what the app gets of it."""
