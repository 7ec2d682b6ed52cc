"""Lean itself: finding it, talking to it, checking candidates, auditing proofs."""
