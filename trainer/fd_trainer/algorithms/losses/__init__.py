"""The equations, as pure functions of tensors (advantages: of plain numbers). No model, no state."""
