"""Proof search over Policy and Checker: find, write down, minimise, audit.

best_first   the search itself, as a stream of events
and_or       its graph: goals to prove, and steps whose subgoals must all be proved
subgoals     the document in which each subgoal of a step has a place of its own
proof_text   a found tree as text, and text as steps
minimise     the same proof with less in it, checked
prove        search → audit → minimise → audit, for one goal or a whole document
"""
