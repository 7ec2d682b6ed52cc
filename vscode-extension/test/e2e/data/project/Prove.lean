theorem solve_linear (x y : Nat) (h : 2 * x + y = 11) (k : y = 3) : x = 4 := by
  sorry
