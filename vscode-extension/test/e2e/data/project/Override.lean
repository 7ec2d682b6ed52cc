theorem true_or (p : Prop) : p ∨ True := by

theorem after_it : True := trivial
