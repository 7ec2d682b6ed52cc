"""Proof search over a Policy and a Checker."""
