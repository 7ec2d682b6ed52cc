"""Every error this product raises on purpose.

    FdError                      something the user can act on: says what, where and the fix
    ├── SettingsError            a configuration file or value is wrong
    ├── ToolchainError           no usable Lean
    ├── LeanError                Lean ran and let us down
    │   ├── LeanCrashedError     the process died
    │   └── LeanTimeoutError     no answer in time
    ├── PolicyError              the model or its endpoint let us down
    ├── CriticError              a critic had nothing useful to say
    ├── StoreError               the event store can't be read or written
    ├── RegistryError            an adapter is missing, damaged or published twice
    └── ProofSiteError           there is nothing to prove at that place

Expected outcomes are values (see `suggestion.Verdict`), never exceptions.
"""


class FdError(Exception):
    """Root of all errors raised on purpose; `fix` is one imperative sentence for the user."""

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  fix: {self.fix}" if self.fix else self.what


class SettingsError(FdError):
    """A configuration file or value is wrong; the message names file, key and nearest valid name."""


class ToolchainError(FdError):
    """No usable Lean was found, or the one found can't be used."""


class LeanError(FdError):
    """Lean ran and did not do what was asked."""


class LeanCrashedError(LeanError):
    """A Lean process died."""


class LeanTimeoutError(LeanError):
    """Lean did not answer within the budget."""


class PolicyError(FdError):
    """The model or its endpoint did not answer usefully."""


class CriticError(FdError):
    """A critic did not write feedback on this attempt."""


class StoreError(FdError):
    """The event store can't be read or written."""


class RegistryError(FdError):
    """An adapter is missing, damaged, or was published before."""


class ProofSiteError(FdError):
    """There is nothing to prove at the place asked about."""
