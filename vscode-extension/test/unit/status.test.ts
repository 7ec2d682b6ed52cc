import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { EngineState, Status } from "../../src/protocol";
import type { LinkState } from "../../src/serverLink";
import { StatusDisplay } from "../../src/status";
import { statusView, type Situation } from "../../src/statusView";
import { editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const RUNNING: LinkState = { kind: "running", server: { command: "/bin/fd-server", origin: "PATH" }, version: "0.1.0" };
const STATUS: Status = {
  state: "idle", judged: 0, sampled: 0, detail: "", fix: "", model: "", adapterId: "", lean: "Lean 4.27.0",
  memoryMb: 658, recording: true, protocol: 1,
};

function view(more: Partial<Situation> = {}): ReturnType<typeof statusView> {
  return statusView({ enabled: true, trusted: true, link: RUNNING, status: STATUS, problems: [], ...more });
}
const inState = (state: EngineState, more: Partial<Status> = {}): ReturnType<typeof statusView> =>
  view({ status: { ...STATUS, state, ...more } });

describe("what the status says", () => {
  it.each<[EngineState, string, string]>([
    ["idle", "$(check) FD idle", "information"],
    ["nothing found", "$(circle-outline) FD nothing found", "information"],
    ["out of budget", "$(circle-outline) FD out of budget", "information"],
    ["Lean down", "$(error) FD Lean down", "error"],
    ["policy down", "$(warning) FD model down", "warning"],
  ])("the engine is %s: %s", (state, text, severity) => {
    expect(inState(state)).toMatchObject({ text, severity, busy: false });
  });

  it("thinking counts what is judged", () => {
    expect(inState("thinking", { judged: 3, sampled: 12 })).toMatchObject({ text: "$(loading~spin) FD thinking 3/12", busy: true });
    expect(inState("thinking").text).toBe("$(loading~spin) FD thinking");
  });

  it("names the model and the version that speak", () => {
    const shown = inState("idle", { model: "lab/Prover-7B", adapterId: "20261122-abcdef" });
    expect(shown.text).toBe("$(check) FD Prover-7B · 20261122");
    expect(shown.facts).toEqual([
      "fd-server 0.1.0 (PATH): /bin/fd-server", "Model: lab/Prover-7B", "Adapter: 20261122-abcdef",
      "Lean: Lean 4.27.0", "Memory of our Lean: 658 MB", "Decisions are recorded on this machine",
    ]);
    expect(view().facts).toContain("No model: Lean's own automation proposes");
  });

  it("every state that is not well says what to do, and a click does it", () => {
    const bad: [Partial<Situation>, string, string | undefined][] = [
      [{ enabled: false }, "off", "fd-prover.toggle"],
      [{ link: { kind: "missing", what: "none.", fix: "Install." } }, "not installed", "fd-prover.installServer"],
      [{ link: { kind: "failed", what: "died.", fix: "Restart." } }, "failed", "fd-prover.restartServer"],
      [{ link: { kind: "stopped", why: "you stopped it" } }, "stopped", "fd-prover.restartServer"],
      [{ trusted: false }, "restricted", "workbench.trust.manage"],
      [{ status: { ...STATUS, state: "Lean down", detail: "no lean", fix: "Install elan." } }, "Lean down", "fd-prover.runDoctor"],
      [{ status: { ...STATUS, state: "policy down", detail: "refused", fix: "Start it." } }, "policy down", "fd-prover.reloadPolicy"],
    ];
    for (const [situation, state, command] of bad) {
      const shown = view(situation);
      expect(shown.state).toBe(state);
      expect(shown.fixCommand).toBe(command);
      expect(shown.fix, state).not.toBe("");
      expect(shown.detail, state).not.toBe("");
    }
  });

  it("tells settings that can't be used, unless something worse is so", () => {
    const problems = ["fd-prover.lean.threads must be a integer, not \"two\""];
    expect(view({ problems })).toMatchObject({ text: "$(warning) FD idle", severity: "warning", detail: problems[0] });
    expect(view({ problems, status: { ...STATUS, state: "Lean down" } }).severity).toBe("error");
  });

  it("a server that has not said anything yet is idle", () => {
    expect(view({ status: undefined })).toMatchObject({ text: "$(check) FD idle", facts: ["fd-server 0.1.0 (PATH): /bin/fd-server"] });
  });
});

describe("showing it", () => {
  beforeEach(() => {
    editor.reset();
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("a flood is drawn once a second at most, and its last word is shown when it ends", () => {
    const display = new StatusDisplay();
    for (let judged = 0; judged <= 3000; judged++) {
      display.updateSoon(() => inState("thinking", { judged, sampled: 3000 }));
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(250);
    expect(editor.redraws).toBe(4);
    expect(editor.bar?.["text"]).toBe("$(loading~spin) FD thinking 3000/3000");
    vi.advanceTimersByTime(10_000);
    expect(editor.redraws).toBe(4);
    display.dispose();
  });

  it("an engine that begins and is stopped at every key draws nothing while one types", () => {
    const display = new StatusDisplay();
    display.update(() => view());
    for (let key = 0; key < 10; key++) {
      display.updateSoon(() => inState("thinking"));
      vi.advanceTimersByTime(40);
      display.updateSoon(() => inState("idle"));
      vi.advanceTimersByTime(40);
    }
    vi.advanceTimersByTime(2000);
    expect(editor.redraws).toBe(1);
    display.dispose();
  });

  it("what stays is drawn, a state of the connection at once, and nothing twice", () => {
    const display = new StatusDisplay();
    display.updateSoon(() => inState("thinking"));
    vi.advanceTimersByTime(249);
    expect(editor.redraws).toBe(0);
    vi.advanceTimersByTime(1);
    expect(editor.bar?.["text"]).toBe("$(loading~spin) FD thinking");
    display.updateSoon(() => inState("idle"));
    display.update(() => inState("Lean down"));
    expect(editor.bar?.["text"]).toBe("$(error) FD Lean down");
    display.update(() => inState("Lean down"));
    vi.advanceTimersByTime(2000);
    expect(editor.redraws).toBe(2);
    display.dispose();
  });

  it("is said to who does not see it, and no text of the server is read as markup", () => {
    const display = new StatusDisplay();
    display.update(() => inState("Lean down", { detail: "[x](command:evil)", fix: "Install elan." }));
    expect(editor.bar?.["accessibilityInformation"]).toEqual({ label: "FD Prover: Lean down. [x](command:evil)" });
    expect((editor.bar?.["tooltip"] as { value: string }).value).toContain("\\[x\\]\\(command:evil\\)");
    expect(display.view?.state).toBe("Lean down");
    display.dispose();
  });
});
