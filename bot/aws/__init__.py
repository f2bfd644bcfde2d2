"""AWS by way of boto3, behind `ContactGateway`. No type of botocore leaves this package."""
