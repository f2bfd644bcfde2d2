"""The sandbox's page: one address for people and programs, in front of both servers."""
