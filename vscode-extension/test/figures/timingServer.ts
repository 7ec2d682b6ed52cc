/** `fd-server` behind a program that writes down when each inline completion came and was answered. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { BIN, SERVER } from "../e2e/support/places";

const SOURCE = `#!${join(BIN, "python")} -I
import json, os, re, subprocess, sys, threading, time
log, asked = open(os.environ["FD_TIMING_LOG"], "a", buffering=1), {}
server = subprocess.Popen([${JSON.stringify(SERVER)}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def messages(stream):
    while header := stream.readline():
        length, raw = 0, header
        while header.strip():
            if header.lower().startswith(b"content-length"):
                length = int(header.split(b":")[1])
            header = stream.readline(); raw += header
        body = stream.read(length)
        yield raw + body, body
def inward():
    for raw, body in messages(sys.stdin.buffer):
        if b'"textDocument/inlineCompletion"' in body:
            asked[json.loads(body)["id"]] = time.perf_counter()
        server.stdin.write(raw); server.stdin.flush()
    server.stdin.close()
threading.Thread(target=inward, daemon=True).start()
for raw, body in messages(server.stdout):
    found = re.match(rb'\\{"id": ?(\\d+)', body)
    began = asked.pop(int(found.group(1)), None) if found else None
    if began is not None:
        items = json.loads(body).get("result") or {}
        log.write(json.dumps({"ms": (time.perf_counter() - began) * 1000, "items": len(items.get("items", []))}) + "\\n")
    sys.stdout.buffer.write(raw); sys.stdout.buffer.flush()
`;

export interface Answered {
  readonly ms: number;
  readonly items: number;
}

export function timingServer(folder: string): { command: string; log: string; answers(): Answered[] } {
  const [command, log] = [join(folder, "fd-server"), join(folder, "answers.jsonl")];
  writeFileSync(command, SOURCE);
  chmodSync(command, 0o755);
  const answers = (): Answered[] =>
    existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as Answered) : [];
  return { command, log, answers };
}
