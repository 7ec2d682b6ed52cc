theorem alpha_typed (p : Prop) (h : p) : p ∧ p := by

theorem after_it : True := trivial
