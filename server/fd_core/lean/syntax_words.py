"""The words the syntax gate refuses, and the few options it lets pass: data only.

Sources: the command parsers of Lean 4.27, Batteries and Mathlib, and the attacks listed in
`docs/security.md`. Almost all of `KEYWORDS` are reserved tokens in Lean, so that no honest
proof can use them as names.
"""

from __future__ import annotations

_KEYWORDS = """
sorry admit stop sleep
theorem lemma example def abbrev instance structure class inductive coinductive axiom opaque
mutual deriving irreducible_def proof_wanted alias initialize builtin_initialize
section namespace end variable variables universe universes include omit import export
attribute notation notation3 infix infixl infixr prefix postfix macro macro_rules syntax elab
elab_rules declare_syntax_cat binder_predicate unif_hint add_decl_doc seal unseal local
private protected public noncomputable partial nonrec simproc dsimproc simproc_decl
dsimproc_decl builtin_simproc builtin_dsimproc register_option register_builtin_option
register_simp_attr register_label_attr register_tactic_tag register_error_explanation
register_linter_set declare_config_elab declare_aesop_rule_sets declare_simp_like_tactic
initialize_simps_projections init_quot init_grind_norm grind_pattern grind_propagator
builtin_grind_propagator suppress_compilation unsuppress_compilation compile_inductive
tactic_extension with_weak_namespace library_note assert_not_exists assert_not_imported
guard_msgs norm_cast_add_elim recall show_panel_widgets extend_docs end_local_scope
native_decide bv_decide bv_check nativeDecide polyrith include_str include_bytes native
reduceBool reduceNat
"""
KEYWORDS = frozenset(_KEYWORDS.split())
"""Refused as whole tokens outside comments."""

ANYWHERE = (
    "sorryAx", "run_tac", "run_cmd", "run_elab", "run_meta", "run_conv", "by_elab", "eval%",
    "elab_stx_quot", "addDecl", "addAndCompile", "implemented_by", "skipKernelTC", "ofReduceBool",
    "ofReduceNat", "trustCompiler", "unsafeCast", "unsafeIO",
    "unsafeBaseIO", "unsafeEIO", "ptrAddrUnsafe", "csimp", "evalExpr", "evalConst", "evalDecl",
    "evalTactic", "elabTerm", "elabCommand", "Lean.Elab", "Lean.Meta", "Lean.Parser", "Lean.Macro",
    "Lean.Environment", "Lean.Kernel", "Lean.Compiler", "Lean.Core", "Lean.IR", "IO.FS",
    "IO.Process", "mkAuxName", "setEnv", "modifyEnv", "lcProof", "lcUnreachable", "lcAny",
    "lcCast", "unsafe_impl", "debug.",
)  # fmt: skip
"""Refused wherever they stand, comments and strings included: no honest prose needs them."""

META_ROOTS = frozenset({"Lean", "Elab", "Meta", "Qq", "IO", "EIO", "BaseIO", "ST", "System"})
"""First components of names that lead to metaprograms or to the outside."""

LEAN_THEORY = frozenset({"Grind", "Omega", "Order", "RArray", "Rat"})
"""Namespaces below `Lean.` that hold theorems, and appear in what `simp?` prints."""

_HASH_COMMANDS = """
eval check check_failure check_tactic check_tactic_failure check_simp exit print reduce synth
where version help guard guard_msgs guard_expr time widget html find search leansearch moogle
loogle lint list aesop_rules discr_tree_key discr_tree_simp_key simp norm_num conv push_cast
find_home min_imports redundant_imports trans_imports import_diff instances sample explode
unfold statement_search premises string_diagram with_exporting dump_async_env_state grind_lint
show_kind show_unused simproc print_fun_prop_theorems parse whnf whnfR stacks count_heartbeats
"""
HASH_COMMANDS = frozenset(_HASH_COMMANDS.split())
"""Commands that begin with `#`; `#s` and `#[…]` are ordinary terms."""

OPTION_CAPS: dict[str, int] = {
    "maxRecDepth": 20_000,
    "maxHeartbeats": 4_000_000,
    "synthInstance.maxHeartbeats": 4_000_000,
    "synthInstance.maxSize": 10_000,
    "maxSynthPendingDepth": 100,
    "maxUniverseOffset": 1_000,
    "exponentiation.threshold": 10_000,
}
"""Options with a number that a proof may set, and the largest value; 0 (no limit) is refused."""

OPTION_NAMES = frozenset(
    {"autoImplicit", "relaxedAutoImplicit", "simprocs", "smartUnfolding", "tactic.hygienic",
     "tactic.customEliminators", "tactic.skipAssignedInstances", "tactic.simp.trace",
     "tactic.fun_induction.unfolding", "diagnostics", "trace.Meta.synthInstance", "grind.warning",
     "push_neg.use_distrib", "showTacticDiff", "autoLift", "match.ignoreUnusedAlts"}
)  # fmt: skip
OPTION_PREFIXES = ("linter.", "pp.", "backward.isDefEq.", "backward.synthInstance.")
"""Other options that change search or printing, never what the kernel checks."""
