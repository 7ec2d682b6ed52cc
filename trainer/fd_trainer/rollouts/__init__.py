"""Attempts at problems: whole proofs, single tactics, and a loop with tools.

prompting     a problem as a prompt, an answer as a proof, a text as an answer
attempting    one answer per attempt
tool_loop     write, call a tool, read its answer, write on: ids are put together, never rendered again
calls         reading calls out of text, and wrapping what tools answer
tooling       the three tools
workspace     the folder of one attempt
searching     ripgrep or grep, within time and at most five lines
rows          targets, preferences and known goals as training rows
"""
