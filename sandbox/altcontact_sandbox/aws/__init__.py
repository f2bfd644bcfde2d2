"""A local AWS organization, stricter than AWS.

`aws.sandbox.AwsSandbox` starts it; `aws.client.client.AwsControl` drives one
that runs elsewhere. One loopback URL serves STS, Organizations and Account Management.
"""
