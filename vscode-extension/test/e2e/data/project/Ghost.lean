theorem and_swap (p q : Prop) (h : p ∧ q) : q ∧ p := by

theorem after_it : True := trivial
