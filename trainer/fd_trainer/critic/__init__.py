"""Critics: who writes the privileged feedback that the teacher reads, and all that guards them.

Owns instructions (data in `prompts/`), the critics themselves, cache, budget, redaction, lint, and
the pre-flight. A critic never sees a reward decision in the making and never takes part in one.
"""
