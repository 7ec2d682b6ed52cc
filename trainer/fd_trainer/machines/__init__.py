"""Lean's checks and the sampling on other machines, behind the ports of the local ones.

cluster          joining a Ray cluster; who imports ray
crew             workers of one kind: who is free, who fell silent, what is tried again elsewhere
lean_worker      what runs there: one Lean per project
remote_lean      auditors and checkers of this machine that ask them
sampler_worker   what runs there: one copy of the model
remote_sampler   the Sampler that asks them
"""
