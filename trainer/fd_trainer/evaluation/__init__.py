"""How good a policy is, whether it may replace the one that is served, and when to slow down.

Owns measuring (through the Sampler and Grader ports), the statistics, the gate and the guards.
Promotes nothing: it answers with values, and `fd_trainer.run` acts on them.
"""
