import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { COMMAND_SUFFIX, Connection, type Parts, type ProtocolClient } from "../../src/client";
import { INTERVAL_MS, PATIENCE_MS } from "../../src/heartbeat";
import { RestartPolicy } from "../../src/restartPolicy";
import type { LinkState } from "../../src/serverLink";

vi.mock("vscode", async () => import("./support/vscode"));

const SERVER = { command: "/bin/fd-server", origin: "PATH" } as const;

/** A server of the test's: answers as told, and is ended by the test. */
class FakeClient implements ProtocolClient {
  info = { name: "fd-server", version: "0.1.0" };
  answers: Record<string, unknown> = { "fd/getStatus": { state: "idle", protocol: 1 } };
  asked: [string, unknown][] = [];
  stopped = false;
  readonly listeners = new Map<string, (params: unknown) => void>();
  end: (how: string) => void = () => undefined;
  readonly closed = new Promise<string>((resolve) => (this.end = resolve));

  request(method: string, params: unknown): Promise<unknown> {
    this.asked.push([method, params]);
    const answer = this.answers[method];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
  notify(method: string, params: unknown): void {
    this.asked.push([method, params]);
  }
  onNotification(method: string, listener: (params: unknown) => void): void {
    this.listeners.set(method, listener);
  }
  stop(): Promise<void> {
    this.stopped = true;
    this.end("it was stopped");
    return Promise.resolve();
  }
}

let clients: FakeClient[];
let told: string[];
let states: string[];
let parts: Parts;
let starting: (client: FakeClient) => Promise<void> | void;

beforeEach(() => {
  clients = [];
  told = [];
  states = [];
  starting = () => undefined;
  parts = {
    resolve: () => ({ kind: "found", server: SERVER }),
    start: async () => {
      const client = new FakeClient();
      clients.push(client);
      await starting(client);
      return client;
    },
    startTimeoutMs: () => 60_000,
    restarts: new RestartPolicy(),
    tell: (message) => told.push(message),
    log: () => undefined,
    sleep: () => Promise.resolve(),
  };
});

afterEach(() => void vi.useRealTimers());

function connection(): Connection {
  const made = new Connection(parts);
  made.onDidChangeState((state: LinkState) => states.push(state.kind));
  return made;
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true));
}

describe("starting", () => {
  it("finds, starts, greets, and runs", async () => {
    const made = connection();
    await made.restart();
    expect(states).toEqual(["starting", "running"]);
    expect(made.state).toMatchObject({ kind: "running", server: SERVER, version: "0.1.0" });
  });

  it("restarts asked for at once are done once, and never overlap", async () => {
    let [alive, most] = [0, 0];
    starting = async () => {
      most = Math.max(most, ++alive);
      await new Promise((resolve) => setTimeout(resolve, 10));
      alive--;
    };
    const made = connection();
    await Promise.all([made.restart(), made.restart(), made.restart(), made.restart()]);
    expect(clients).toHaveLength(1);
    await Promise.all([made.restart(), made.stop("enough"), made.restart()]);
    expect([clients.length, most]).toEqual([2, 1]);
    expect(clients.map((client) => client.stopped)).toEqual([true, false]);
    expect(made.state.kind).toBe("running");
  });

  it("says what to do where no server is, and answers requests so", async () => {
    parts = { ...parts, resolve: () => ({ kind: "missing", what: "none here.", fix: "Get one." }) };
    const made = connection();
    await made.restart();
    expect(made.state).toEqual({ kind: "missing", what: "none here.", fix: "Get one." });
    expect(await made.request("fd/records", {})).toEqual({ kind: "refused", what: "none here.", fix: "Get one." });
  });

  it("a server that answers nothing in time is a failure with words", async () => {
    starting = () => Promise.reject(new Error("it did not answer within 60 s"));
    const made = connection();
    await made.restart();
    expect(made.state).toMatchObject({ kind: "failed", what: "/bin/fd-server: it did not answer within 60 s" });
    starting = () => undefined;
    await made.restart();
    expect(made.state.kind).toBe("running");
  });
});

describe("greeting", () => {
  it.each([
    [{ state: "idle" }, "too old", "pip install -U"],
    [{ state: "idle", protocol: 0 }, "too old", "pip install -U"],
    [{ state: "idle", protocol: 2 }, "too new", "Update the extension"],
    [null, "too old", "pip install -U"],
    [Object.assign(new Error("method not found"), { code: -32601 }), "too old", "pip install -U"],
  ])("%j is %s: which, where, and what to do", async (answer, said, fix) => {
    starting = (client) => void (client.answers = { "fd/getStatus": answer });
    const made = connection();
    await made.restart();
    expect(made.state).toMatchObject({ kind: "failed" });
    const state = made.state as LinkState & { kind: "failed" };
    expect(state.what).toContain(said);
    expect(state.what).toContain("/bin/fd-server");
    expect(state.fix).toContain(fix);
    expect(clients[0]?.stopped).toBe(true);
  });

  it("a server that ends before it said how it is was not started; it is not taken for an old one", async () => {
    starting = (client) => {
      client.answers = { "fd/getStatus": new Error("Pending response rejected since connection got disposed") };
      setTimeout(() => client.end("signal SIGKILL"), 20);
    };
    const made = connection();
    await made.restart();
    expect(made.state).toMatchObject({ kind: "failed", what: "/bin/fd-server: it ended: signal SIGKILL" });
    expect(clients[0]?.stopped).toBe(true);
  });

  it("nor is one that can't say it, and goes on: that is told in its own words", async () => {
    vi.useFakeTimers();
    const broken = Object.assign(new Error("words"), { code: -32603, data: { what: "no room on the disk" } });
    starting = (client) => void (client.answers = { "fd/getStatus": broken });
    const made = connection();
    const restarted = made.restart();
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    await restarted;
    expect(made.state).toMatchObject({ kind: "failed", what: "/bin/fd-server: it can't say how it is (no room on the disk)" });
  });

  it("one that hangs has no more time than it has to start, and holds up nothing for good", async () => {
    vi.useFakeTimers();
    starting = (client) => {
      vi.setSystemTime(Date.now() + 50_000); // the start took most of it
      client.request = () => new Promise(() => undefined);
    };
    const made = connection();
    const restarted = made.restart();
    await vi.advanceTimersByTimeAsync(9_000);
    const stopped = made.stop("you stopped it");
    expect(made.state.kind).toBe("starting");
    await vi.advanceTimersByTimeAsync(2_000);
    vi.useRealTimers();
    await Promise.all([restarted, stopped]);
    expect(made.state).toEqual({ kind: "stopped", why: "you stopped it" });
    expect(clients[0]?.stopped).toBe(true);
  });

  it("something else that speaks LSP is named", async () => {
    starting = (client) => void (client.info = { name: "gopls", version: "1" });
    const made = connection();
    await made.restart();
    expect(made.state).toMatchObject({ kind: "failed", what: expect.stringContaining("“gopls”") as string });
  });
});

describe("a server that ends by itself", () => {
  it("is started again once, and that is said once", async () => {
    const made = connection();
    await made.restart();
    clients[0]?.end("signal SIGKILL");
    await until(() => clients.length === 2 && made.state.kind === "running");
    expect(told).toEqual(["FD Prover: fd-server ended (signal SIGKILL) and was started again."]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(clients).toHaveLength(2);
  });

  it("is given up when it goes on, with one more word; the user's restart brings it back", async () => {
    const made = connection();
    await made.restart();
    for (let times = 1; times <= 4; times++) {
      clients.at(-1)?.end("exit status 3");
      if (times < 4) await until(() => clients.length === times + 1 && made.state.kind === "running");
    }
    await until(() => made.state.kind === "failed");
    expect(clients).toHaveLength(4);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain("ended 4 times");
    await made.restart();
    expect(made.state.kind).toBe("running");
  });

  it("that no longer answers is taken for ended, and stopped for good", async () => {
    vi.useFakeTimers();
    const made = connection();
    await made.restart();
    const first = clients[0];
    if (first) first.request = () => new Promise(() => undefined);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + PATIENCE_MS);
    vi.useRealTimers();
    await until(() => clients.length === 2 && made.state.kind === "running");
    expect(first?.stopped).toBe(true);
    expect(told).toEqual(["FD Prover: fd-server ended (it no longer answered) and was started again."]);
  });

  it("is not started again if we stopped it, or stop it meanwhile", async () => {
    const made = connection();
    await made.restart();
    await made.stop("you stopped it");
    clients[0]?.end("exit status 0");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([clients.length, told.length]).toEqual([1, 0]);
    await made.restart();
    clients[1]?.end("signal SIGKILL");
    await Promise.resolve();
    await made.stop("you stopped it");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.state).toEqual({ kind: "stopped", why: "you stopped it" });
    expect(clients).toHaveLength(2);
  });
});

describe("talking", () => {
  async function running(answers: Record<string, unknown> = {}): Promise<[Connection, FakeClient]> {
    const made = connection();
    await made.restart();
    const client = clients.at(-1);
    if (client === undefined) throw new Error("no client");
    Object.assign(client.answers, answers);
    return [made, client];
  }
  const refused = (code: number, data?: unknown): Error => Object.assign(new Error("words"), { code, data });

  it("turns refusals into values", async () => {
    const [made] = await running({
      "fd/board": refused(-32803, { what: "no project", fix: "Open one." }),
      "fd/night": refused(-32801),
      "fd/runs": refused(-32800),
      "fd/adapters": refused(-32602),
      "fd/records": { path: "p" },
    });
    expect(await made.request("fd/board", {})).toEqual({ kind: "refused", what: "no project", fix: "Open one." });
    expect(await made.request("fd/night", {})).toEqual({ kind: "movedOn" });
    expect(await made.request("fd/runs", {})).toEqual({ kind: "cancelled" });
    expect(await made.request("fd/adapters", {})).toMatchObject({ kind: "refused", what: "words" });
    expect(await made.request("fd/records", {})).toEqual({ kind: "answered", value: { path: "p" } });
  });

  it("runs the server's commands under the suffix that keeps two clients apart", async () => {
    const [made, client] = await running();
    await made.run("fd.reject", "id", "too slow");
    expect(client.asked.at(-1)).toEqual([
      "workspace/executeCommand",
      { command: `fd.reject${COMMAND_SUFFIX}`, arguments: ["id", "too slow"] },
    ]);
  });

  it("hears events across restarts, until one stops listening; garbage is no event", async () => {
    const [made, first] = await running();
    const heard: unknown[] = [];
    const listening = made.onEvent("fd/status", (status) => heard.push(status.state));
    first.listeners.get("fd/status")?.({ state: "thinking" });
    for (const garbage of [null, undefined, "idle", 7]) first.listeners.get("fd/status")?.(garbage);
    await made.restart();
    clients[1]?.listeners.get("fd/status")?.({ state: "Lean down" });
    expect(heard).toEqual(["thinking", "idle", "Lean down"]); // the greeting is heard, too
    listening.dispose();
    clients[1]?.listeners.get("fd/status")?.({ state: "thinking" });
    expect(heard).toHaveLength(3);
  });

  it("tells nobody while no server runs", async () => {
    const [made, client] = await running();
    await made.stop("off");
    const before = client.asked.length;
    made.tell("fd/provideErrors", { uri: "u", version: 1, errors: [] });
    expect(client.asked).toHaveLength(before);
    expect(await made.request("fd/records", {})).toMatchObject({ kind: "refused" });
  });
});
