"""The morning report: one HTML file and one JSON summary, made from a run folder's files alone.

`contract` says what those files hold. Nothing here runs a model or Lean, and every text of a proof,
a critic or a goal is of untrusted origin: escaped, never interpreted.
"""
