"""LSP as this client reads it: `fd/…` messages and their answers stay plain data."""

from __future__ import annotations

from typing import Any

from pygls.protocol import JsonRPCNotification, JsonRPCResponseMessage, LanguageServerProtocol


class ClientProtocol(LanguageServerProtocol):
    """pygls turns what it does not know into objects of its own; our types read dictionaries."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read one message."""
        if str(data.get("method", "")).startswith("fd/"):
            return JsonRPCNotification(data["method"], "2.0", data.get("params"))
        if "result" in data and self._result_types.get(data.get("id", "")) is None:
            self._result_types.pop(data.get("id", ""), None)
            return JsonRPCResponseMessage(data["id"], "2.0", data["result"])
        return super().structure_message(data)
