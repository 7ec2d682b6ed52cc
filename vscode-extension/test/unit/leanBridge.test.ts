import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it, vi } from "vitest";

import { handOver } from "../../src/goalHandover";
import { LEAN_EXTENSION, LOOK_AGAIN_MS, LeanBridge } from "../../src/leanBridge";
import { stepStart } from "../../src/stepStart";
import { FakeDocument, Position, Uri, editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const FILE = Uri.file("/home/me/project/inner/A.lean") as never;
const HERE = { line: 1, character: 2 };

function client(folder: string, answer: unknown, running = true): object {
  return {
    isRunning: () => running,
    getClientFolder: () => ({ scheme: "file", fsPath: folder }),
    sendRequest: vi.fn((method: string) =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(method === "$/lean/plainGoal" ? answer : "?"),
    ),
  };
}

function install(exports: unknown, isActive = true): void {
  editor.extensions.set(LEAN_EXTENSION, { isActive, exports, packageJSON: { version: "0.0.239" } });
}
function installClients(...clients: object[]): void {
  install({ lean4EnabledFeatures: Promise.resolve({ clientProvider: { getClients: () => clients } }) });
}

let bridge: LeanBridge;
let logged: string[];
beforeEach(() => {
  editor.reset();
  logged = [];
  bridge = new LeanBridge((message) => logged.push(message));
});

describe("goals from the user's own Lean", () => {
  it("come as Lean rendered them, from the client of the innermost project", async () => {
    installClients(
      client("/home/me/project", { goals: ["outer"] }),
      client("/home/me/project/inner", { rendered: "…", goals: ["h : p\n⊢ p", "⊢ q"] }),
      client("/home/me/other", { goals: ["other"] }),
    );
    await bridge.probe();
    expect(bridge.state).toBe("ready");
    expect(await bridge.goalsAt(FILE, HERE)).toEqual({
      kind: "goals",
      digest: "",
      reason: "",
      goals: [
        { target: "", hypotheses: [], text: "h : p\n⊢ p" },
        { target: "", hypotheses: [], text: "⊢ q" },
      ],
    });
  });

  it("“nothing left” is an answer; null may mean much, and is none", async () => {
    installClients(client("/home/me/project", { goals: [] }));
    await bridge.probe();
    expect(await bridge.goalsAt(FILE, HERE)).toMatchObject({ kind: "complete" });
    installClients(client("/home/me/project", null));
    await bridge.probe();
    expect(await bridge.goalsAt(FILE, HERE)).toBeUndefined();
  });

  it.each([
    ["no client for the file", () => installClients(client("/elsewhere", { goals: ["x"] }))],
    ["a folder with a like name", () => installClients(client("/home/me/proj", { goals: ["x"] }))],
    ["a client that does not run", () => installClients(client("/home/me/project", { goals: ["x"] }, false))],
    ["a request that fails", () => installClients(client("/home/me/project", new Error("No connection to Lean")))],
    ["garbage", () => installClients(client("/home/me/project", { goals: [{ no: "text" }] }))],
    ["an old client without what we use", () => installClients({})],
  ])("%s: none, and nothing breaks", async (_, set) => {
    set();
    await bridge.probe();
    expect(await bridge.goalsAt(FILE, HERE)).toBeUndefined();
  });

  it.each([
    ["no Lean 4 extension", () => undefined],
    ["not active yet", () => install(undefined, false)],
    ["unknown version", () => install({})],
    ["unknown version", () => install(undefined)],
    ["unknown version", () => install({ lean4EnabledFeatures: Promise.reject(new Error("no")) })],
    ["unknown version", () => install({ lean4EnabledFeatures: Promise.resolve({ clientProvider: {} }) })],
  ])("%s is a state with a name", async (state, set) => {
    set();
    await bridge.probe();
    expect(bridge.state).toBe(state);
    expect(await bridge.goalsAt(FILE, HERE)).toBeUndefined();
  });

  it("an extension that still waits for its Lean does not hold us up", async () => {
    vi.useFakeTimers();
    install({ lean4EnabledFeatures: new Promise(() => undefined) });
    const probed = bridge.probe();
    await vi.advanceTimersByTimeAsync(2000);
    await probed;
    vi.useRealTimers();
    expect(bridge.state).toBe("unknown version");
  });
});

describe("an extension that is ready later", () => {
  it("is found by itself, without being looked for at every keystroke", async () => {
    let now = 0;
    const late = new LeanBridge(() => undefined, () => now);
    const looked = vi.spyOn(editor.extensions, "get");
    expect(late.isReady()).toBe(false);
    installClients(client("/home/me/project", { goals: [] }));
    for (now = 1; now < LOOK_AGAIN_MS; now += 100) late.isReady();
    expect(looked).toHaveBeenCalledTimes(1);
    now = LOOK_AGAIN_MS;
    expect(late.isReady()).toBe(false);
    await vi.waitFor(() => expect(late.isReady()).toBe(true));
    expect(looked).toHaveBeenCalledTimes(2);
  });
});

describe("handing over", () => {
  const document = new FakeDocument("theorem a : p := by\n  exact h", 7, FILE);
  let told: unknown[];
  const go = (goalsAt: () => Promise<unknown>, more = {}): Promise<void> =>
    handOver(
      {
        bridge: { isReady: () => true, goalsAt } as never,
        link: { tell: (...said: unknown[]) => told.push(said) } as never,
        isOn: () => true,
        waitMs: () => 5,
        ...more,
      },
      document as never,
      new Position(1, 9) as never,
      {} as never,
    );
  beforeEach(() => {
    told = [];
    document.version = 7;
  });

  it("tells goals for where the step begins, and for this version", async () => {
    const answer = { kind: "goals", goals: [] };
    await go(() => Promise.resolve(answer));
    const place = { uri: document.uri.toString(), position: { line: 1, character: 2 }, version: 7 };
    expect(told).toEqual([["fd/provideGoals", { ...place, answer }]]);
  });

  it("waits a moment at most, and tells a later answer all the same, if it is still about this version", async () => {
    let answer: (value: unknown) => void = () => undefined;
    const late = new Promise((resolve) => (answer = resolve));
    await go(() => late);
    expect(told).toEqual([]);
    answer({ kind: "complete" });
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toHaveLength(1);
    document.version++;
    await go(() => {
      document.version++;
      return Promise.resolve({ kind: "complete" });
    });
    expect(told).toHaveLength(1);
  });

  it("does nothing if it is turned off or there is nothing to ask", async () => {
    const goalsAt = vi.fn();
    await go(goalsAt, { isOn: () => false });
    await go(goalsAt, { bridge: { isReady: () => false, goalsAt } });
    expect(goalsAt).not.toHaveBeenCalled();
  });
});

describe("the beginning of a step", () => {
  const examples = JSON.parse(readFileSync(join(import.meta.dirname, "stepStarts.json"), "utf8")) as Record<string, number>;
  it.each(Object.entries(examples))("%j begins at %i, as the server has it", (line, start) => {
    expect(stepStart(line)).toBe(start);
  });
  it("is counted in UTF-16, as the editor counts", () => {
    expect(stepStart("  𝔽 := by x")).toBe(11);
  });
});
