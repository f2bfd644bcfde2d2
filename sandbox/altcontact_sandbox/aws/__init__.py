"""A local AWS organization, as strict as AWS: storage by moto, in front of it a layer of our own.

`aws.sandbox.AwsSandbox` starts both; `aws.remote.AwsControl` drives one
that runs elsewhere. One loopback URL serves STS, Organizations and Account Management.
"""
