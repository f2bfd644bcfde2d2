"""A simulated AWS for every test that wants one."""

from sandbox.tests.aws.fixtures import _aws, aws, connect

__all__ = ["_aws", "aws", "connect"]
