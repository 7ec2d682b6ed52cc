/-! A frozen suite of goals in core Lean, in families, each with a proof. It never changes: another
set of goals is another file. `fd_trainer.data.frozen` takes the proofs out. -/

/-! family: propositions -/

theorem prop_and_right_comm (p q r : Prop) (h : (p ∧ q) ∧ r) : (p ∧ r) ∧ q := by
  exact ⟨⟨h.1.1, h.2⟩, h.1.2⟩

theorem prop_or_of_and (p q : Prop) (h : p ∧ q) : p ∨ q := by
  exact Or.inl h.1

theorem prop_imp_trans (p q r : Prop) (h : p → q) (k : q → r) : p → r := by
  intro hp
  exact k (h hp)

theorem prop_or_elim_same (p : Prop) (h : p ∨ p) : p := by
  cases h <;> assumption

theorem prop_not_or (p q : Prop) (h : ¬(p ∨ q)) : ¬p ∧ ¬q := by
  exact ⟨fun hp => h (Or.inl hp), fun hq => h (Or.inr hq)⟩

theorem prop_iff_symm (p q : Prop) (h : p ↔ q) : q ↔ p := by
  exact h.symm

theorem prop_contrapositive (p q : Prop) (h : p → q) : ¬q → ¬p := by
  intro hq hp
  exact hq (h hp)

theorem prop_and_or_distrib (p q r : Prop) : p ∨ (q ∧ r) ↔ (p ∨ q) ∧ (p ∨ r) := by
  constructor
  · intro h
    cases h with
    | inl hp => exact ⟨Or.inl hp, Or.inl hp⟩
    | inr hqr => exact ⟨Or.inr hqr.1, Or.inr hqr.2⟩
  · intro h
    cases h.1 with
    | inl hp => exact Or.inl hp
    | inr hq =>
      cases h.2 with
      | inl hp => exact Or.inl hp
      | inr hr => exact Or.inr ⟨hq, hr⟩

/-! family: quantifiers -/

theorem quant_forall_and {α : Type} (p q : α → Prop) (h : ∀ x, p x ∧ q x) : ∀ x, q x := by
  intro x
  exact (h x).2

theorem quant_exists_of_forall {α : Type} (p : α → Prop) (a : α) (h : ∀ x, p x) : ∃ x, p x := by
  exact ⟨a, h a⟩

theorem quant_not_exists {α : Type} (p : α → Prop) (h : ¬∃ x, p x) : ∀ x, ¬p x := by
  intro x hx
  exact h ⟨x, hx⟩

theorem quant_exists_swap {α β : Type} (r : α → β → Prop) (h : ∃ x y, r x y) :
    ∃ y x, r x y := by
  cases h with
  | intro x h =>
    cases h with
    | intro y h => exact ⟨y, x, h⟩

theorem quant_exists_imp {α : Type} (p q : α → Prop) (h : ∀ x, p x → q x) (k : ∃ x, p x) :
    ∃ x, q x := by
  cases k with
  | intro x hx => exact ⟨x, h x hx⟩

theorem quant_forall_eq {α : Type} (p : α → Prop) (a : α) : (∀ x, x = a → p x) ↔ p a := by
  constructor
  · intro h
    exact h a rfl
  · intro h x e
    rw [e]
    exact h

theorem quant_exists_double : ∃ n : Nat, n + n = 18 := by
  exact ⟨9, rfl⟩

theorem quant_exists_between (a : Nat) : ∃ b, a < b ∧ b < a + 2 := by
  exact ⟨a + 1, by omega, by omega⟩

/-! family: equalities -/

theorem eq_trans_symm {α : Type} (a b c : α) (h : a = b) (k : c = b) : a = c := by
  rw [h, k]

theorem eq_congr_fun {α β : Type} (f g : α → β) (a : α) (h : f = g) : f a = g a := by
  rw [h]

theorem eq_congr_two {α β : Type} (f : α → α → β) (a b : α) (h : a = b) : f a b = f b a := by
  rw [h]

theorem eq_ne_symm {α : Type} (a b : α) (h : a ≠ b) : b ≠ a := by
  intro e
  exact h e.symm

theorem eq_pair {α β : Type} (a c : α) (b d : β) (h : (a, b) = (c, d)) : b = d := by
  cases h
  rfl

theorem eq_funext {α : Type} (f : α → Nat) (h : ∀ x, f x = 0) : f = fun _ => 0 := by
  funext x
  exact h x

theorem eq_injective_comp {α β γ : Type} (f : α → β) (g : β → γ)
    (h : ∀ x y, g (f x) = g (f y) → x = y) (x y : α) (k : f x = f y) : x = y := by
  apply h
  rw [k]

theorem eq_left_inverse {α β : Type} (f : α → β) (g : β → α) (h : ∀ x, g (f x) = x) (x y : α)
    (k : f x = f y) : x = y := by
  have e := congrArg g k
  rw [h, h] at e
  exact e

/-! family: naturals -/

theorem nat_add_left_cancel (a b c : Nat) (h : a + b = a + c) : b = c := by
  omega

theorem nat_le_double (n : Nat) : n ≤ n + n := by
  omega

theorem nat_lt_succ_of_le (a b : Nat) (h : a ≤ b) : a < b + 1 := by
  omega

theorem nat_even_add_even (a b : Nat) (h : a % 2 = 0) (k : b % 2 = 0) : (a + b) % 2 = 0 := by
  omega

theorem nat_mul_two (n : Nat) : n * 2 = n + n := by
  omega

theorem nat_sub_sub (a b c : Nat) : a - b - c = a - (b + c) := by
  omega

theorem nat_between (n : Nat) (h : 3 < n) (k : n < 5) : n = 4 := by
  omega

theorem nat_mul_pos (a b : Nat) (h : 0 < a) (k : 0 < b) : 0 < a * b := by
  exact Nat.mul_pos h k

theorem nat_succ_square (n : Nat) : (n + 1) * (n + 1) = n * n + 2 * n + 1 := by
  simp [Nat.add_mul, Nat.mul_add]
  omega

theorem nat_dvd_add (a b c : Nat) (h : a ∣ b) (k : a ∣ c) : a ∣ b + c := by
  exact Nat.dvd_add h k

/-! family: integers -/

theorem int_sub_self (x : Int) : x - x = 0 := by
  omega

theorem int_neg_sub (x y : Int) : -(x - y) = y - x := by
  omega

theorem int_lt_irrefl (x : Int) (h : x < x) : False := by
  omega

theorem int_odd_ne_even (x y : Int) : 2 * x + 1 ≠ 2 * y := by
  omega

theorem int_average (x y : Int) (h : x ≤ y) : x + x ≤ x + y := by
  omega

theorem int_system (x y : Int) (h : 3 * x + y = 7) (k : x - y = 1) : x = 2 := by
  omega

theorem int_nonneg_cases (x : Int) (h : 0 ≤ x) : x = 0 ∨ 1 ≤ x := by
  omega

theorem int_mul_zero (x y : Int) (h : y = 0) : x * y = 0 := by
  rw [h]
  exact Int.mul_zero x

/-! family: lists -/

theorem list_append_nil {α : Type} (l : List α) : l ++ [] = l := by
  simp

theorem list_length_cons {α : Type} (a : α) (l : List α) : (a :: l).length = l.length + 1 := by
  rfl

theorem list_map_append {α β : Type} (f : α → β) (a b : List α) :
    (a ++ b).map f = a.map f ++ b.map f := by
  simp

theorem list_reverse_reverse {α : Type} (l : List α) : l.reverse.reverse = l := by
  simp

theorem list_mem_cons {α : Type} (a b : α) (l : List α) (h : a ∈ l) : a ∈ b :: l := by
  simp [h]

theorem list_nil_of_length {α : Type} (l : List α) (h : l.length = 0) : l = [] := by
  cases l with
  | nil => rfl
  | cons a l => simp at h

theorem list_filter_false {α : Type} (l : List α) : l.filter (fun _ => false) = [] := by
  simp

theorem list_cons_injective {α : Type} (a b : α) (l m : List α) (h : a :: l = b :: m) :
    l = m := by
  injection h

theorem list_take_zero {α : Type} (l : List α) : l.take 0 = [] := by
  simp

theorem list_foldl_add (l : List Nat) (n : Nat) :
    l.foldl (fun s x => s + x) n = n + l.foldl (fun s x => s + x) 0 := by
  induction l generalizing n with
  | nil => simp
  | cons a l ih =>
    simp only [List.foldl_cons]
    rw [ih (n + a), ih (0 + a)]
    omega

/-! family: booleans -/

theorem bool_and_self (a : Bool) : (a && a) = a := by
  cases a <;> rfl

theorem bool_or_true (a : Bool) : (a || true) = true := by
  cases a <;> rfl

theorem bool_demorgan (a b : Bool) : (!(a && b)) = (!a || !b) := by
  cases a <;> cases b <;> rfl

theorem bool_xor_self (a : Bool) : (a ^^ a) = false := by
  cases a <;> rfl

theorem bool_eq_iff (a b : Bool) (h : a = true ↔ b = true) : a = b := by
  cases a <;> cases b <;> simp_all

theorem bool_if_same (a : Bool) (n : Nat) : (if a then n else n) = n := by
  cases a <;> rfl

theorem bool_not_eq (a : Bool) (h : a ≠ true) : a = false := by
  cases a
  · rfl
  · exact absurd rfl h

theorem bool_and_comm (a b : Bool) : (a && b) = (b && a) := by
  cases a <;> cases b <;> rfl

/-! family: recursion -/

def triple : Nat → Nat
  | 0 => 0
  | n + 1 => triple n + 3

def countdown : Nat → List Nat
  | 0 => []
  | n + 1 => n :: countdown n

theorem rec_triple_two : triple 2 = 6 := by
  rfl

theorem rec_triple_succ (n : Nat) : triple (n + 1) = triple n + 3 := by
  rfl

theorem rec_triple_eq (n : Nat) : triple n = 3 * n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [triple, ih]
    omega

theorem rec_triple_mono (n : Nat) : triple n ≤ triple (n + 1) := by
  rw [triple]
  omega

theorem rec_triple_add (m n : Nat) : triple (m + n) = triple m + triple n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [← Nat.add_assoc, triple, triple, ih]
    omega

theorem rec_countdown_length (n : Nat) : (countdown n).length = n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [countdown, ih]

theorem rec_countdown_lt (n x : Nat) (h : x ∈ countdown n) : x < n := by
  induction n with
  | zero => simp [countdown] at h
  | succ n ih =>
    simp [countdown] at h
    cases h with
    | inl e => omega
    | inr m =>
      have k := ih m
      omega

theorem rec_countdown_mem (n x : Nat) (h : x < n) : x ∈ countdown n := by
  induction n with
  | zero => omega
  | succ n ih =>
    simp [countdown]
    by_cases e : x = n
    · exact Or.inl e
    · exact Or.inr (ih (by omega))

/-! family: trees -/

inductive Bush where
  | tip : Bush
  | fork : Bush → Nat → Bush → Bush

def Bush.flip : Bush → Bush
  | .tip => .tip
  | .fork l n r => .fork r.flip n l.flip

def Bush.size : Bush → Nat
  | .tip => 0
  | .fork l _ r => l.size + 1 + r.size

def Bush.total : Bush → Nat
  | .tip => 0
  | .fork l n r => l.total + n + r.total

theorem bush_flip_tip : Bush.tip.flip = Bush.tip := by
  rfl

theorem bush_flip_flip (t : Bush) : t.flip.flip = t := by
  induction t with
  | tip => rfl
  | fork l n r ihl ihr => simp [Bush.flip, ihl, ihr]

theorem bush_size_flip (t : Bush) : t.flip.size = t.size := by
  induction t with
  | tip => rfl
  | fork l n r ihl ihr =>
    simp [Bush.flip, Bush.size, ihl, ihr]
    omega

theorem bush_total_flip (t : Bush) : t.flip.total = t.total := by
  induction t with
  | tip => rfl
  | fork l n r ihl ihr =>
    simp [Bush.flip, Bush.total, ihl, ihr]
    omega

theorem bush_fork_ne_tip (l r : Bush) (n : Nat) : Bush.fork l n r ≠ Bush.tip := by
  intro h
  cases h

theorem bush_size_fork (l r : Bush) (n : Nat) : 0 < (Bush.fork l n r).size := by
  simp [Bush.size]
  omega

theorem bush_size_zero (t : Bush) (h : t.size = 0) : t = Bush.tip := by
  cases t with
  | tip => rfl
  | fork l n r =>
    simp [Bush.size] at h

theorem bush_total_fork (l r : Bush) (n : Nat) : n ≤ (Bush.fork l n r).total := by
  simp [Bush.total]
  omega

/-! family: options -/

theorem option_some_inj {α : Type} (a b : α) (h : some a = some b) : a = b := by
  injection h

theorem option_none_ne {α : Type} (a : α) : some a ≠ none := by
  intro h
  cases h

theorem option_map_none {α β : Type} (f : α → β) : (none : Option α).map f = none := by
  rfl

theorem option_map_map {α β γ : Type} (f : α → β) (g : β → γ) (o : Option α) :
    (o.map f).map g = o.map (g ∘ f) := by
  cases o <;> rfl

theorem option_get_or {α : Type} (a b : α) : (some a).getD b = a := by
  rfl

theorem option_cases {α : Type} (o : Option α) : o = none ∨ ∃ a, o = some a := by
  cases o with
  | none => exact Or.inl rfl
  | some a => exact Or.inr ⟨a, rfl⟩

theorem option_bind_some {α : Type} (o : Option α) : o.bind some = o := by
  cases o <;> rfl

theorem option_is_some {α : Type} (o : Option α) (h : o.isSome = true) : ∃ a, o = some a := by
  cases o with
  | none => cases h
  | some a => exact ⟨a, rfl⟩
