"""boto3 behind `ContactGateway`: nothing of botocore leaves this package."""
