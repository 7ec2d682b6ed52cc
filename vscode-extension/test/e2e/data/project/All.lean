theorem and_twice (p q : Prop) (h : p ∧ q) : q ∧ p ∧ q := by
  sorry

theorem add_zero_twice (n : Nat) : n + 0 + 0 = n := by
  sorry
