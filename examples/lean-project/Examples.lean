/-!
A small project in core Lean (no Mathlib) to try FD Prover on. Every proof is left open: put the
cursor on a `sorry` and ask, or let `make demo` walk through them. They grow harder as you go down;
the last one is true and famous, and should stay open: nothing here may claim to have proved it.
-/

namespace Examples

/-! ## One step -/

theorem and_swap (p q : Prop) : p ∧ q → q ∧ p := by
  sorry

theorem solve_linear (x y : Nat) (h : 2 * x + y = 11) (k : y = 3) : x = 4 := by
  sorry

theorem length_twice {α : Type} (xs : List α) : (xs ++ xs).length = 2 * xs.length := by
  sorry

/-! ## A few steps -/

theorem not_or_iff (p q : Prop) : ¬(p ∨ q) ↔ ¬p ∧ ¬q := by
  sorry

theorem ordered (a b : Nat) (h : a ≤ b) : (a = b ∨ a < b) ∧ ¬b < a := by
  constructor
  · sorry
  · sorry

theorem exists_common {α : Type} (p q : α → Prop) (h : ∃ x, p x ∧ q x) :
    (∃ x, p x) ∧ ∃ x, q x := by
  sorry

/-- A hole inside a term: what lands here is wrapped in `by`. -/
theorem trans_imp (p q r : Prop) (f : p → q) (g : q → r) : p → r :=
  fun hp => sorry

/-! ## Induction -/

/-- `0 + 1 + … + n`. -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

theorem two_mul_sumTo (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  sorry

inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α

namespace Tree

def mirror {α : Type} : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror

def size {α : Type} : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

theorem mirror_mirror {α : Type} (t : Tree α) : t.mirror.mirror = t := by
  sorry

theorem size_mirror {α : Type} (t : Tree α) : t.mirror.size = t.size := by
  sorry

end Tree

theorem reverse_append {α : Type} (xs ys : List α) :
    (xs ++ ys).reverse = ys.reverse ++ xs.reverse := by
  sorry

/-! ## Beyond the reach of this portfolio -/

/-- No fraction squares to two. -/
theorem sqrt_two_irrational (a b : Nat) (h : b ≠ 0) : a * a ≠ 2 * (b * b) := by
  sorry

end Examples
