"""What Slack refuses in blocks and views: pure functions of JSON, which others can use."""
