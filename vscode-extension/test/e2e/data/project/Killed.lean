theorem killed (n : Nat) (h : 3 < n) : 2 < n := by

theorem after_it : True := trivial
