"""IAM: what the identity policy of a role allows."""
