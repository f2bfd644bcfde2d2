"""Tests of altcontact."""
