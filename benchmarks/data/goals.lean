/-! A frozen set of goals in core Lean (no imports), each ending in `sorry`: what
`benchmarks/goals_closed.py` measures on. All are true. Do not change it: add another set. -/

theorem and_swap (p q : Prop) : p ∧ q → q ∧ p := by sorry
theorem or_swap (p q : Prop) : p ∨ q → q ∨ p := by sorry
theorem imp_self' (p : Prop) : p → p := by sorry
theorem modus (p q : Prop) (hp : p) (hpq : p → q) : q := by sorry
theorem and_assoc' (p q r : Prop) : (p ∧ q) ∧ r ↔ p ∧ q ∧ r := by sorry
theorem or_assoc' (p q r : Prop) : (p ∨ q) ∨ r ↔ p ∨ q ∨ r := by sorry
theorem contra (p q : Prop) (hp : p) (hn : ¬p) : q := by sorry
theorem demorgan_and (p q : Prop) : ¬(p ∧ q) ↔ ¬p ∨ ¬q := by sorry
theorem imp_and_iff (p q r : Prop) : (p → q ∧ r) ↔ (p → q) ∧ (p → r) := by sorry
theorem curry (p q r : Prop) : (p ∧ q → r) ↔ (p → q → r) := by sorry
theorem iff_refl_chain (p q r : Prop) (h : p ↔ q) (k : q ↔ r) : p ↔ r := by sorry
theorem dne (p : Prop) : ¬¬p → p := by sorry

theorem forall_swap {α β : Type} (r : α → β → Prop) : (∀ x y, r x y) → ∀ y x, r x y := by sorry
theorem exists_and {α : Type} (p : α → Prop) (q : Prop) : (∃ x, p x ∧ q) ↔ (∃ x, p x) ∧ q := by sorry
theorem not_forall' {α : Type} (p : α → Prop) : (∃ x, ¬p x) → ¬∀ x, p x := by sorry
theorem exists_sq : ∃ n : Nat, n * n = 49 := by sorry
theorem exists_gt (m : Nat) : ∃ n, n > m ∧ n % 2 = 0 := by sorry
theorem eq_of_forall {α : Type} (a b : α) (h : ∀ p : α → Prop, p a → p b) : a = b := by sorry

theorem add_comm' (a b : Nat) : a + b = b + a := by sorry
theorem mul_comm' (a b : Nat) : a * b = b * a := by sorry
theorem add_zero' (n : Nat) : n + 0 = n := by sorry
theorem zero_add' (n : Nat) : 0 + n = n := by sorry
theorem le_succ' (a b : Nat) (h : a ≤ b) : a ≤ b + 3 := by sorry
theorem lt_chain (a b c : Nat) (h : a < b) (k : b ≤ c) : a < c := by sorry
theorem even_or_odd (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by sorry
theorem sub_add (a b : Nat) (h : b ≤ a) : a - b + b = a := by sorry
theorem mul_add' (a b c : Nat) : a * (b + c) = a * b + a * c := by sorry
theorem square_expand (a b : Nat) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b := by sorry
theorem mod_six (n : Nat) (h : n % 6 = 4) : n % 2 = 0 := by sorry
theorem linear (x y : Nat) (h : 2 * x + y = 11) (k : y = 3) : x = 4 := by sorry
theorem pow_ten : 2 ^ 10 = 1024 := by sorry
theorem min_le (a b : Nat) : min a b ≤ a := by sorry
theorem dvd_trans' (a b c : Nat) (h : a ∣ b) (k : b ∣ c) : a ∣ c := by sorry
theorem succ_ne (n : Nat) : n + 1 ≠ n := by sorry
theorem int_neg (x : Int) : -(-x) = x := by sorry
theorem int_lin (x y : Int) (h : x + y = 10) (k : x - y = 4) : x = 7 := by sorry
theorem int_parity (x : Int) : ¬(2 * x = 7) := by sorry

theorem nil_append' {α : Type} (l : List α) : [] ++ l = l := by sorry
theorem append_assoc' {α : Type} (a b c : List α) : a ++ b ++ c = a ++ (b ++ c) := by sorry
theorem length_map' {α β : Type} (f : α → β) (l : List α) : (l.map f).length = l.length := by sorry
theorem map_id' {α : Type} (l : List α) : l.map id = l := by sorry
theorem length_reverse' {α : Type} (l : List α) : l.reverse.length = l.length := by sorry
theorem mem_append' {α : Type} (a : α) (l m : List α) (h : a ∈ l) : a ∈ l ++ m := by sorry
theorem head_cons {α : Type} (a : α) (l : List α) : (a :: l).head? = some a := by sorry
theorem filter_true {α : Type} (l : List α) : l.filter (fun _ => true) = l := by sorry
theorem bool_or_comm (a b : Bool) : (a || b) = (b || a) := by sorry
theorem bool_not_not (a : Bool) : (!(!a)) = a := by sorry
theorem all_small : (List.range 10).all (fun n => n < 10) = true := by sorry

inductive Shape where
  | dot : Shape
  | pair : Shape → Shape → Shape
def Shape.flip : Shape → Shape
  | .dot => .dot
  | .pair a b => .pair b.flip a.flip
def Shape.count : Shape → Nat
  | .dot => 1
  | .pair a b => a.count + b.count
theorem flip_flip (s : Shape) : s.flip.flip = s := by sorry
theorem count_flip (s : Shape) : s.flip.count = s.count := by sorry
theorem count_pos (s : Shape) : 0 < s.count := by sorry
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => (n + 1) + sumTo n
theorem sumTo_formula (n : Nat) : 2 * sumTo n = n * (n + 1) := by sorry
theorem sumTo_mono (n : Nat) : sumTo n ≤ sumTo (n + 1) := by sorry

/-! ## Lists, by induction and otherwise -/

theorem map_map' {α β γ : Type} (f : α → β) (g : β → γ) (l : List α) :
    (l.map f).map g = l.map (g ∘ f) := by sorry
theorem reverse_append' {α : Type} (a b : List α) :
    (a ++ b).reverse = b.reverse ++ a.reverse := by sorry
theorem length_append' {α : Type} (a b : List α) : (a ++ b).length = b.length + a.length := by sorry
theorem take_append_drop' {α : Type} (n : Nat) (l : List α) : l.take n ++ l.drop n = l := by sorry
theorem mem_reverse' {α : Type} (x : α) (l : List α) : x ∈ l.reverse ↔ x ∈ l := by sorry
theorem map_eq_nil' {α β : Type} (f : α → β) (l : List α) : l.map f = [] → l = [] := by sorry
theorem filter_and {α : Type} (p q : α → Bool) (l : List α) :
    (l.filter p).filter q = l.filter (fun x => p x && q x) := by sorry
theorem length_filter_le' {α : Type} (p : α → Bool) (l : List α) :
    (l.filter p).length ≤ l.length := by sorry
theorem replicate_append (n m : Nat) (a : Nat) :
    List.replicate n a ++ List.replicate m a = List.replicate (n + m) a := by sorry
theorem foldr_cons {α : Type} (l : List α) : l.foldr List.cons [] = l := by sorry
theorem append_cancel {α : Type} (a b c : List α) (h : a ++ b = a ++ c) : b = c := by sorry
theorem map_injective {α β : Type} (f : α → β) (hf : ∀ x y, f x = f y → x = y)
    (l m : List α) (h : l.map f = m.map f) : l = m := by sorry

def rev {α : Type} : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]
theorem rev_append {α : Type} (a b : List α) : rev (a ++ b) = rev b ++ rev a := by sorry
theorem rev_rev {α : Type} (l : List α) : rev (rev l) = l := by sorry
theorem rev_eq_reverse {α : Type} (l : List α) : rev l = l.reverse := by sorry

def dup {α : Type} : List α → List α
  | [] => []
  | x :: xs => x :: x :: dup xs
theorem length_dup {α : Type} (l : List α) : (dup l).length = 2 * l.length := by sorry
theorem dup_append {α : Type} (a b : List α) : dup (a ++ b) = dup a ++ dup b := by sorry
theorem mem_dup {α : Type} (x : α) (l : List α) : x ∈ dup l ↔ x ∈ l := by sorry

def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs
theorem total_append (a b : List Nat) : total (a ++ b) = total a + total b := by sorry
theorem total_le_of_mem (x : Nat) (l : List Nat) (h : x ∈ l) : x ≤ total l := by sorry
theorem total_replicate (n a : Nat) : total (List.replicate n a) = n * a := by sorry

/-! ## Natural numbers and integers -/

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2
theorem double_eq (n : Nat) : double n = n + n := by sorry
theorem double_lt (m n : Nat) (h : m < n) : double m < double n := by sorry

def isEven : Nat → Bool
  | 0 => true
  | n + 1 => !isEven n
theorem isEven_double (n : Nat) : isEven (2 * n) = true := by sorry
theorem isEven_add (m n : Nat) : isEven (m + n) = (isEven m == isEven n) := by sorry

theorem pow_pos' (a n : Nat) (h : 0 < a) : 0 < a ^ n := by sorry
theorem lt_two_pow (n : Nat) : n < 2 ^ n := by sorry
theorem sq_mod_four (n : Nat) : n * n % 4 = 0 ∨ n * n % 4 = 1 := by sorry
theorem strong (p : Nat → Prop) (h0 : p 0) (h1 : p 1) (hs : ∀ n, p n → p (n + 2)) (n : Nat) :
    p n := by sorry
theorem max_assoc' (a b c : Nat) : max (max a b) c = max a (max b c) := by sorry
theorem le_antisymm_iff' (a b : Nat) : a = b ↔ a ≤ b ∧ b ≤ a := by sorry
theorem exists_pred (n : Nat) (h : n ≠ 0) : ∃ m, n = m + 1 := by sorry
theorem int_sq_nonneg (x : Int) : 0 ≤ x * x := by sorry
theorem int_mul_eq_zero (x y : Int) (h : x * y = 0) : x = 0 ∨ y = 0 := by sorry
theorem int_between (x : Int) (h : 2 < x) (k : x < 4) : x = 3 := by sorry
theorem int_even_sq (x : Int) (h : x % 2 = 0) : x * x % 2 = 0 := by sorry

/-! ## Booleans, options, functions, finite numbers -/

theorem bool_cases (f : Bool → Bool) (b : Bool) : f (f (f b)) = f b := by sorry
theorem option_map_id {α : Type} (o : Option α) : o.map id = o := by sorry
theorem option_bind_assoc {α β γ : Type} (o : Option α) (f : α → Option β) (g : β → Option γ) :
    (o.bind f).bind g = o.bind (fun x => (f x).bind g) := by sorry
theorem option_some_ne {α : Type} (o : Option α) (x : α) (h : o = some x) : o ≠ none := by sorry
theorem comp_assoc' {α β γ δ : Type} (f : α → β) (g : β → γ) (h : γ → δ) :
    (h ∘ g) ∘ f = h ∘ (g ∘ f) := by sorry
theorem involution_injective {α : Type} (f : α → α) (h : ∀ x, f (f x) = x) (x y : α)
    (k : f x = f y) : x = y := by sorry
theorem fin_lt (n : Nat) (i : Fin n) : i.val < n + 1 := by sorry
theorem fin_two (i : Fin 2) : i = 0 ∨ i = 1 := by sorry
theorem fin_zero_elim (p : Fin 0 → Prop) (i : Fin 0) : p i := by sorry
theorem fin_pos (n : Nat) (i : Fin n) : 0 < n := by sorry

/-! ## Logic with more than one step -/

theorem distrib (p q r : Prop) : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by sorry
theorem drinker {α : Type} (a : α) (p : α → Prop) : ∃ x, p x → ∀ y, p y := by sorry
theorem exists_or' {α : Type} (p q : α → Prop) :
    (∃ x, p x ∨ q x) ↔ (∃ x, p x) ∨ (∃ x, q x) := by sorry
theorem forall_and' {α : Type} (p q : α → Prop) :
    (∀ x, p x ∧ q x) ↔ (∀ x, p x) ∧ (∀ x, q x) := by sorry
theorem exists_forall {α β : Type} (r : α → β → Prop) (h : ∃ x, ∀ y, r x y) :
    ∀ y, ∃ x, r x y := by sorry
theorem no_bijection {α : Type} (f : α → α → Prop) : ¬∃ a, ∀ x, f a x ↔ ¬f x x := by sorry
theorem chain_of_four (p q r s : Prop) (h : p → q) (k : r → s) (l : p ∨ r) : q ∨ s := by sorry
theorem unique_of_trans {α : Type} (r : α → α → Prop) (irr : ∀ x, ¬r x x)
    (tr : ∀ x y z, r x y → r y z → r x z) (x y : α) : ¬(r x y ∧ r y x) := by sorry
theorem eq_iff_all {α : Type} (x y : α) : x = y ↔ ∀ z, z = x ↔ z = y := by sorry

inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α
def Tree.mirror {α : Type} : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror
def Tree.size {α : Type} : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size
def Tree.toList {α : Type} : Tree α → List α
  | leaf => []
  | node l x r => l.toList ++ x :: r.toList
theorem mirror_mirror {α : Type} (t : Tree α) : t.mirror.mirror = t := by sorry
theorem size_mirror {α : Type} (t : Tree α) : t.mirror.size = t.size := by sorry
theorem length_toList {α : Type} (t : Tree α) : t.toList.length = t.size := by sorry
theorem toList_mirror {α : Type} (t : Tree α) : t.mirror.toList = t.toList.reverse := by sorry
