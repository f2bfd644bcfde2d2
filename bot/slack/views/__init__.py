"""View builders: pure functions from domain data to Block Kit, ids beside their builder."""
