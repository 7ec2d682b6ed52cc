"""One night: phases that read and write files of one run folder, and the training loop within.

night.py        the phase machine: what is done is recorded before the next begins
folder.py       the files of a run, and who writes which
record.py       status.json and the records of phases
clock.py        deadlines that hold when the clock is set or the machine slept
interruption.py signals, a request to stop, the user's return
planner.py      what fits into the time that is left: a pure function
training.py     the loop of optimiser steps; step.py: one of them
phases.py       what each phase does
parts.py        what the night asks of the parts that do the work
composition.py  builds the real parts
"""
