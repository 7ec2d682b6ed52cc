"""How rows become a gradient: one module per kind of row, one learner that steps over all.

`losses/` holds the equations as pure functions; `learner.py` is the `Algorithm` of the night.
"""
