theorem not_or_iff (p q : Prop) : ¬(p ∨ q) ↔ ¬p ∧ ¬q := by
  sorry

theorem length_twice {α : Type} (xs : List α) : (xs ++ xs).length = 2 * xs.length := by
  sorry
