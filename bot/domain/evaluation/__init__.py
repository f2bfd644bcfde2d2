"""Evaluates readings against the policy, and reconciles the results with known findings."""
