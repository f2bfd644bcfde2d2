"""What people do in Slack: ack, parse, call."""
