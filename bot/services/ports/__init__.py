"""The ports: what the use cases need from AWS, the database, Slack and the clock."""
