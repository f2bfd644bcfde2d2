"""boto3 behind `bot.ports.ContactGateway`: nothing of botocore leaves this package."""
