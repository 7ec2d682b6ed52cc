theorem wrong_step (a b : Nat) (h : a = b) : b = a := by
  exact h
