/-- True and famous; stays open. -/
theorem sqrt_two_irrational (a b : Nat) (h : b ≠ 0) : a * a ≠ 2 * (b * b) := by
  sorry
