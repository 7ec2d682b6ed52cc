import Lean.Replay
import Lean.Data.Json

/-!
The auditor's own program: reads compiled files as data, and reports facts about one declaration.

It never elaborates a letter of the candidate and never runs an initializer of the user's imports:
`importModules` is called without loading extensions. Everything read from a compiled file is
rebuilt from its parts, so that no cached hash or flag made by the elaborating process is believed.

    lean --run MAIN REPORT NONCE TARGET CHALLENGE SOLUTION…

where MAIN imports this file, compiled once, and calls `FdAudit.main`.

One JSON line per solution goes to REPORT, then a closing line. It decides nothing about axioms:
names are reported as lists of their parts, and the caller compares those. Tested on Lean 4.27.
-/

open Lean

namespace FdAudit

/-! ### Rebuilding -/

structure Memo where
  names : Std.HashMap USize Name := {}
  levels : Std.HashMap USize Level := {}
  exprs : Std.HashMap USize Expr := {}

abbrev RebuildM := StateRefT Memo IO

def malformed {α : Type} (what : String) : RebuildM α :=
  throw (IO.userError s!"malformed data: {what}")

/--
Refuses numbers that no arithmetic yields. Subtraction stops at zero, so a number above one whose
predecessor is zero is negative inside; a small number stored as a big one equals no small one.
-/
def checkNat (n : Nat) : RebuildM Nat := do
  if n > 1 && n - 1 == 0 then malformed "a negative natural number"
  let again := (n / 4294967296) * 4294967296 + n % 4294967296
  if again != n then malformed "a natural number out of normal form"
  return again

unsafe def rebuildName (n : Name) : RebuildM Name := do
  match n with
  | .anonymous => return .anonymous
  | .str p s =>
    let key := ptrAddrUnsafe n
    if let some done := (← get).names[key]? then return done
    let new := Name.str (← rebuildName p) s
    modify fun memo => { memo with names := memo.names.insert key new }
    return new
  | .num p k =>
    let key := ptrAddrUnsafe n
    if let some done := (← get).names[key]? then return done
    let new := Name.num (← rebuildName p) (← checkNat k)
    modify fun memo => { memo with names := memo.names.insert key new }
    return new

unsafe def rebuildLevel (l : Level) : RebuildM Level := do
  let key := ptrAddrUnsafe l
  if let some done := (← get).levels[key]? then return done
  let new ← match l with
    | .zero => pure Level.zero
    | .succ a => return Level.succ (← rebuildLevel a)
    | .max a b => pure (Level.max (← rebuildLevel a) (← rebuildLevel b))
    | .imax a b => pure (Level.imax (← rebuildLevel a) (← rebuildLevel b))
    | .param n => pure (Level.param (← rebuildName n))
    | .mvar _ => malformed "a universe metavariable"
  modify fun memo => { memo with levels := memo.levels.insert key new }
  return new

/-- The same expression, built anew; annotations without logical meaning are dropped. -/
unsafe def rebuildExpr (e : Expr) : RebuildM Expr := do
  let key := ptrAddrUnsafe e
  if let some done := (← get).exprs[key]? then return done
  let new ← match e with
    | .bvar i => pure (Expr.bvar (← checkNat i))
    | .sort l => pure (Expr.sort (← rebuildLevel l))
    | .const n ls => pure (Expr.const (← rebuildName n) (← ls.mapM rebuildLevel))
    | .app f a => pure (Expr.app (← rebuildExpr f) (← rebuildExpr a))
    | .lam n t b i => pure (Expr.lam (← rebuildName n) (← rebuildExpr t) (← rebuildExpr b) i)
    | .forallE n t b i =>
      pure (Expr.forallE (← rebuildName n) (← rebuildExpr t) (← rebuildExpr b) i)
    | .letE n t v b d =>
      pure (Expr.letE (← rebuildName n) (← rebuildExpr t) (← rebuildExpr v) (← rebuildExpr b) d)
    | .lit (.natVal k) => pure (Expr.lit (.natVal (← checkNat k)))
    | .lit (.strVal s) => pure (Expr.lit (.strVal s))
    | .mdata _ b => rebuildExpr b
    | .proj s i b => pure (Expr.proj (← rebuildName s) (← checkNat i) (← rebuildExpr b))
    | .fvar _ => malformed "a free variable"
    | .mvar _ => malformed "a metavariable"
  modify fun memo => { memo with exprs := memo.exprs.insert key new }
  return new

unsafe def rebuildVal (v : ConstantVal) : RebuildM ConstantVal := do
  return {
    name := ← rebuildName v.name
    levelParams := ← v.levelParams.mapM rebuildName
    type := ← rebuildExpr v.type }

unsafe def rebuildRule (r : RecursorRule) : RebuildM RecursorRule := do
  return { ctor := ← rebuildName r.ctor, nfields := r.nfields, rhs := ← rebuildExpr r.rhs }

unsafe def rebuildConstant (c : ConstantInfo) : RebuildM ConstantInfo := do
  let val ← rebuildVal c.toConstantVal
  match c with
  | .axiomInfo v => return .axiomInfo { v with toConstantVal := val }
  | .defnInfo v =>
    return .defnInfo { v with
      toConstantVal := val, value := ← rebuildExpr v.value, all := ← v.all.mapM rebuildName }
  | .thmInfo v =>
    return .thmInfo { v with
      toConstantVal := val, value := ← rebuildExpr v.value, all := ← v.all.mapM rebuildName }
  | .opaqueInfo v =>
    return .opaqueInfo { v with
      toConstantVal := val, value := ← rebuildExpr v.value, all := ← v.all.mapM rebuildName }
  | .quotInfo v => return .quotInfo { v with toConstantVal := val }
  | .inductInfo v =>
    return .inductInfo { v with
      toConstantVal := val, all := ← v.all.mapM rebuildName, ctors := ← v.ctors.mapM rebuildName }
  | .ctorInfo v =>
    return .ctorInfo { v with toConstantVal := val, induct := ← rebuildName v.induct }
  | .recInfo v =>
    return .recInfo { v with
      toConstantVal := val, all := ← v.all.mapM rebuildName, rules := ← v.rules.mapM rebuildRule }

/-! ### Reading -/

abbrev Constants := Std.HashMap Name ConstantInfo

structure Compiled where
  data : ModuleData
  constants : Constants

/-- A `module` file keeps proofs in a second and third part: the last one holds everything. -/
def readParts (file : System.FilePath) : IO ModuleData := do
  let mut files := #[file]
  for part in ["server", "private"] do
    let more := file.addExtension part
    if ← more.pathExists then files := files.push more
  let parts ← readModuleDataParts files
  let some (data, _) := parts.back? | throw (IO.userError s!"nothing in {file}")
  return data

unsafe def readCompiled (file : System.FilePath) : IO Compiled := do
  let data ← readParts file
  let (all, _) ← (data.constants.mapM rebuildConstant).run {}
  let mut constants : Constants := {}
  for c in all do
    if constants.contains c.name then
      throw (IO.userError s!"malformed data: two constants named {c.name}")
    constants := constants.insert c.name c
  return { data, constants }

/-! ### Names -/

/-- The name as the user wrote it: without the mangling of `private`. -/
def userName (n : Name) : Name :=
  let parts := n.components
  let parts := if parts.head? == some `_private then
      (parts.dropWhile fun part => !part.isNum).drop 1
    else parts
  parts.foldl (init := .anonymous) fun acc part =>
    match part with
    | .str _ s => .str acc s
    | .num _ k => .num acc k
    | .anonymous => acc

def nameJson (n : Name) : Json :=
  .arr <| n.components.toArray.map fun part =>
    match part with
    | .str _ s => .str s
    | .num _ k => toJson k
    | .anonymous => .null

def startsWith (word stem : String) : Bool :=
  stem.toList.isPrefixOf word.toList

/-- A word that Lean itself gives to what it derives from a declaration. -/
def isDerivedWord (word : String) : Bool :=
  startsWith word "_"
    || ["eq_def", "eq_unfold", "splitter", "induct", "induct_unfolding", "fun_cases",
        "fun_cases_unfolding", "mutual_induct", "inj", "injEq", "sizeOf_spec", "congr_simp",
        "noConfusion", "noConfusionType", "ctorIdx", "ctorElim", "casesOn", "recOn", "below",
        "brecOn", "ofNat_toCtorIdx", "partial_correctness", "else_eq", "elim"].contains word
    || ["eq_", "match_", "congr_eq_", "hcongr_", "proof_", "congr_"].any fun stem =>
        startsWith word stem && (word.toList.drop stem.length).all (·.isDigit)

/-- Whether `n` is derived from something known: `foo.match_1.eq_2`, `foo._simp_1`. -/
def isDerived (known : Name → Bool) : Name → Bool
  | .str p s => isDerivedWord s && (known p || known (userName p) || isDerived known p)
  | .num p _ => known p || known (userName p) || isDerived known p
  | .anonymous => false

def isUnder (target n : Name) : Bool :=
  let (target, n) := (userName target, userName n)
  target != n && target.isPrefixOf n

/-! ### Comparing -/

def kindOf : ConstantInfo → String
  | .axiomInfo _ => "axiom"
  | .defnInfo v => match v.safety with
    | .safe => "definition"
    | .unsafe => "unsafe definition"
    | .partial => "partial definition"
  | .thmInfo _ => "theorem"
  | .opaqueInfo v => if v.isUnsafe then "unsafe opaque constant" else "opaque constant"
  | .quotInfo _ => "quotient primitive"
  | .inductInfo _ => "inductive type"
  | .ctorInfo _ => "constructor"
  | .recInfo _ => "recursor"

def sameSignature (a b : ConstantInfo) : Bool :=
  a.levelParams == b.levelParams && a.type == b.type

/-- What an honest proof may bring along for itself: lemmas and auxiliary functions. -/
def isHarmless : ConstantInfo → Bool
  | .thmInfo _ => true
  | .defnInfo v => v.safety == .safe
  | _ => false

/-- Proofs of other theorems are not compared: the kernel checks those that are used. -/
def sameContent (a b : ConstantInfo) : Bool :=
  kindOf a == kindOf b && sameSignature a b && match a, b with
    | .axiomInfo a, .axiomInfo b => a.isUnsafe == b.isUnsafe
    | .defnInfo a, .defnInfo b => a.value == b.value
    | .opaqueInfo a, .opaqueInfo b => a.value == b.value
    | .thmInfo _, .thmInfo _ => true
    | .quotInfo _, .quotInfo _ => true
    | .inductInfo a, .inductInfo b =>
      a.numParams == b.numParams && a.numIndices == b.numIndices && a.all == b.all
        && a.ctors == b.ctors && a.isUnsafe == b.isUnsafe
    | .ctorInfo a, .ctorInfo b =>
      a.induct == b.induct && a.cidx == b.cidx && a.numParams == b.numParams
        && a.numFields == b.numFields && a.isUnsafe == b.isUnsafe
    | .recInfo a, .recInfo b =>
      a.all == b.all && a.numParams == b.numParams && a.numIndices == b.numIndices
        && a.numMotives == b.numMotives && a.numMinors == b.numMinors && a.k == b.k
        && a.isUnsafe == b.isUnsafe && a.rules.length == b.rules.length
        && (a.rules.zip b.rules).all fun (r, s) =>
          r.ctor == s.ctor && r.nfields == s.nfields && r.rhs == s.rhs
    | _, _ => false

/-- `sorryAx` at a proposition: at `Sort u` with `u` zero. -/
def isOpenProof (e : Expr) : Bool :=
  match e.getAppFn with
  | .const n [u] => n == `sorryAx && u.normalize == .zero
  | _ => false

/--
Whether `s` is `c` with other proofs in the place of proofs, and nothing else changed. A proof in `c`
is an open one, or one that Lean has put into a theorem of its own (`target._proof_1 x y`).
-/
partial def fills (isProof : Name → Bool) (c s : Expr) : Bool :=
  c == s || isOpenProof c || (c.getAppFn.constName?.any isProof) || match c, s with
    | .app f a, .app g b => fills isProof f g && fills isProof a b
    | .lam _ t b _, .lam _ u d _ => fills isProof t u && fills isProof b d
    | .forallE _ t b _, .forallE _ u d _ => fills isProof t u && fills isProof b d
    | .letE _ t v b _, .letE _ u w d _ =>
      fills isProof t u && fills isProof v w && fills isProof b d
    | .proj n i b, .proj m j d => n == m && i == j && fills isProof b d
    | _, _ => false

/-! ### Walking -/

def usedConstants (c : ConstantInfo) : Array Name :=
  let names := c.type.getUsedConstants
  match c with
  | .defnInfo v => names ++ v.value.getUsedConstants
  | .thmInfo v => names ++ v.value.getUsedConstants
  | .opaqueInfo v => names ++ v.value.getUsedConstants
  | .inductInfo v => names ++ v.ctors.toArray ++ v.all.toArray
  | .ctorInfo v => names.push v.induct
  | .recInfo v =>
    v.rules.foldl (init := names ++ v.all.toArray) fun acc r =>
      (acc ++ r.rhs.getUsedConstants).push r.ctor
  | .axiomInfo _ | .quotInfo _ => names

/-- Every constant that `roots` rest on, through types and values of all kinds, opaque ones too. -/
def closure (find : Name → Option ConstantInfo) (roots : Array Name) : Array ConstantInfo := Id.run do
  let mut todo := roots
  let mut seen : Std.HashSet Name := {}
  let mut found := #[]
  while !todo.isEmpty do
    let n := todo.back!
    todo := todo.pop
    if seen.contains n then continue
    seen := seen.insert n
    if let some c := find n then
      found := found.push c
      todo := todo ++ usedConstants c
  return found

/-! ### Judging one solution -/

structure Audit where
  env : Environment
  challenge : Compiled
  target : Name

abbrev ReasonsM := StateT (Array String) IO

def refuse (reason : String) : ReasonsM Unit :=
  modify (·.push reason)

def Audit.find (a : Audit) (file : Compiled) (n : Name) : Option ConstantInfo :=
  file.constants[n]? <|> a.env.find? n

def Audit.axioms (a : Audit) (file : Compiled) : Array Name :=
  (closure (a.find file) #[a.target]).filterMap fun c =>
    match c with
    | .axiomInfo v => some v.name
    | _ => none

def standardAxioms : List Name := [`propext, `Classical.choice, `Quot.sound]

def Audit.checkTarget (a : Audit) (file : Compiled) : ReasonsM Unit := do
  let some old := a.challenge.constants[a.target]? | refuse "the challenge lacks the declaration"
  let some new := file.constants[a.target]? | refuse "the solution lacks the declaration"
  if kindOf old != kindOf new then
    refuse s!"its kind changed from {kindOf old} to {kindOf new}"
  if !sameSignature old new then
    refuse "its statement is not the one that was to be proved"
  let isProof n := isUnder a.target n &&
    match a.challenge.constants[n]? with
    | some (.thmInfo _) => true
    | _ => false
  match old, new with
  | .thmInfo _, .thmInfo _ => pure ()
  | .defnInfo v, .defnInfo w =>
    if !fills isProof v.value w.value then refuse "its open part is data, or data around it changed"
  | .opaqueInfo v, .opaqueInfo w =>
    if !fills isProof v.value w.value then refuse "its open part is data, or data around it changed"
  | _, _ => refuse s!"there is no proof to audit in this: {kindOf old}"

def Audit.checkOthers (a : Audit) (file : Compiled) : ReasonsM Unit := do
  let known n := a.challenge.constants.contains n || a.env.contains n
  for (n, old) in a.challenge.constants.toArray do
    if n == a.target || isUnder a.target n then continue
    match file.constants[n]? with
    | some new => if !sameContent old new then refuse s!"{n} ({kindOf old} of the file) changed"
    | none => if !isDerived known n then refuse s!"{n} ({kindOf old} of the file) is gone"
  for (n, new) in file.constants.toArray do
    if n == a.target then continue
    let own := isUnder a.target n
    if a.challenge.constants.contains n && !own then continue
    if !isHarmless new || (!own && !isDerived known n) then
      refuse s!"it adds {n} ({kindOf new})"

/-- Lets the kernel check the declaration and all of this file that it rests on, from the imports up. -/
def Audit.checkKernel (a : Audit) (file : Compiled) : ReasonsM Unit := do
  let added := file.constants.toArray.filterMap fun (n, _) =>
    if a.challenge.constants.contains n then none else some n
  let needed := closure (file.constants[·]?) (added.push a.target)
  let map : Constants := needed.foldl (init := {}) fun acc c => acc.insert c.name c
  try
    let env ← a.env.replay map
    match env.find? a.target, file.constants[a.target]? with
    | some checked, some given =>
      if !sameSignature checked given then refuse "the kernel checked another statement"
    | _, _ => refuse "the kernel did not get to see the declaration"
  catch error => refuse s!"the kernel rejects it: {error}"

def sameImports (a b : ModuleData) : Bool :=
  a.isModule == b.isModule && a.imports.map (·.module) == b.imports.map (·.module)

/--
Environment extensions whose entries differ: name, entries gone, entries new. Entries are opaque, so
both files' are shared maximally first: then two are equal if they are one object.
-/
unsafe def extensionChanges (a b : ModuleData) : Array Json := Id.run do
  let (old, new) := ShareCommon.shareCommon' (a.entries, b.entries)
  let addresses (entries : Array EnvExtensionEntry) : Std.HashSet USize :=
    entries.foldl (init := {}) fun acc entry => acc.insert (ptrAddrUnsafe entry)
  let missing (entries : Array EnvExtensionEntry) (from_ : Std.HashSet USize) : Nat :=
    entries.foldl (init := 0) fun n entry =>
      if from_.contains (ptrAddrUnsafe entry) then n else n + 1
  let before : Std.HashMap Name (Array EnvExtensionEntry) :=
    old.foldl (init := {}) fun acc (n, entries) => acc.insert n entries
  let mut after : Std.HashSet Name := {}
  let mut changes := #[]
  for (n, entries) in new do
    after := after.insert n
    let was := before.getD n #[]
    let gone := missing was (addresses entries)
    let added := missing entries (addresses was)
    if gone + added != 0 then
      changes := changes.push (.arr #[.str s!"{n}", toJson gone, toJson added])
  for (n, was) in old do
    if !after.contains n && was.size != 0 then
      changes := changes.push (.arr #[.str s!"{n}", toJson was.size, toJson (0 : Nat)])
  return changes

unsafe def Audit.report (a : Audit) (path : System.FilePath) : IO (List (String × Json)) := do
  let file ← readCompiled path
  let axioms := a.axioms file
  -- With an axiom that is no standard one it is lost anyway, and the kernel might run compiled code.
  let standard := axioms.all (standardAxioms.contains ·)
  let work : ReasonsM Unit := do
    if !sameImports a.challenge.data file.data then refuse "the imports changed"
    a.checkTarget file
    a.checkOthers file
    if standard then a.checkKernel file
  let (_, reasons) ← work.run #[]
  return [
    ("reasons", .arr (reasons.map .str)),
    ("axioms", .arr (axioms.map nameJson)),
    ("extensions", .arr (extensionChanges a.challenge.data file.data))]

/-! ### The report -/

def targetIn (file : Compiled) (user : Name) : IO Name := do
  let named := file.constants.toArray.filterMap fun (n, _) =>
    if userName n == user then some n else none
  match named with
  | #[n] => return n
  | #[] => throw (IO.userError s!"the compiled challenge has no declaration named {user}")
  | _ => throw (IO.userError s!"the compiled challenge has several declarations named {user}")

unsafe def audit (report nonce user challenge : String) (solutions : List String) : IO Unit := do
  let out ← IO.FS.Handle.mk report .write
  let say (index : Nat) (fields : List (String × Json)) : IO Unit :=
    out.putStrLn (Json.mkObj ([("nonce", .str nonce), ("index", toJson index)] ++ fields)).compress
  let compiled ← readCompiled challenge
  let env ← importModules compiled.data.imports {}
  let a : Audit := { env, challenge := compiled, target := ← targetIn compiled user.toName }
  let mut index := 0
  for path in solutions do
    let fields ← try a.report path catch error => pure [("trouble", .str (toString error))]
    say index fields
    index := index + 1
  say index [("canary", .arr ((a.axioms compiled).map nameJson)), ("lean", .str Lean.versionString)]
  out.flush

unsafe def main (args : List String) : IO UInt32 := do
  let report :: nonce :: user :: challenge :: solutions := args
    | IO.eprintln "REPORT NONCE TARGET CHALLENGE SOLUTION…" *> return 2
  -- Proof terms nest deeply: a thread of our own has the stack that `lean -s` asks for.
  let task ← IO.asTask (audit report nonce user challenge solutions) .dedicated
  match task.get with
  | .ok _ => return 0
  | .error error => IO.eprintln s!"{error}" *> return 1

end FdAudit
