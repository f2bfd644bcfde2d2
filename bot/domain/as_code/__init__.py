"""Alternate contacts as infrastructure code: Terraform, CloudFormation, and tools that use them."""
