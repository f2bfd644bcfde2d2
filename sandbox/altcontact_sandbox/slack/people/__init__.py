"""The members of the workspace, what they do, and how the app is told."""
