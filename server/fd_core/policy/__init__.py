"""What proposes candidates: Lean's automation, models behind HTTP, models in process, and their mixture."""
