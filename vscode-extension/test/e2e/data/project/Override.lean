theorem or_with_true (p : Prop) : p ∨ True := by

theorem after_it : True := trivial
