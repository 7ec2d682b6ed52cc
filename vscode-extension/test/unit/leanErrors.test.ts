import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LeanErrors } from "../../src/leanErrors";
import { DiagnosticSeverity, FakeDocument, FakeEditor, Position, Range, Uri, editor, type FakeDiagnostic } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const WHERE = new Range(new Position(1, 2), new Position(1, 7));
const ERROR: FakeDiagnostic = { severity: DiagnosticSeverity.Error, source: "Lean 4", message: "unsolved goals", range: WHERE };

describe("errors from the user's own Lean", () => {
  let told: [string, { version: number; errors: unknown[] }][];
  let errors: LeanErrors;
  let document: FakeDocument;
  let isOn: boolean;
  const link = { state: { kind: "running" }, tell: (...said: unknown[]) => told.push(said as never) };

  beforeEach(() => {
    vi.useFakeTimers();
    editor.reset();
    [told, isOn] = [[], true];
    document = new FakeDocument("theorem a : p := by\n  exact nope", 4);
    editor.documents = [document];
    editor.active = new FakeEditor(document);
    link.state.kind = "running";
    errors = new LeanErrors(link as never, () => isOn);
  });
  afterEach(() => {
    errors.dispose();
    vi.useRealTimers();
  });

  function report(...found: FakeDiagnostic[]): void {
    editor.diagnostics.set(document.uri.toString(), found);
    editor.diagnosticsChanged.fire({ uris: [document.uri] });
  }

  it("are told once Lean pauses, with their version; the same again is no news", () => {
    report();
    report(ERROR);
    vi.advanceTimersByTime(399);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(2);
    const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 7 } };
    const uri = document.uri.toString();
    expect(told).toEqual([["fd/provideErrors", { uri, version: 4, errors: [{ range, message: "unsolved goals" }] }]]);
    report(ERROR);
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(1);
    report();
    vi.advanceTimersByTime(1000);
    expect(told[1]?.[1].errors).toEqual([]);
  });

  it("only errors, and only Lean's", () => {
    report({ ...ERROR, severity: DiagnosticSeverity.Warning }, { ...ERROR, source: "spelling" }, { ...ERROR, source: undefined } as never);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
  });

  it("not of other languages, of closed documents, without a server, or when turned off", () => {
    isOn = false;
    report(ERROR);
    vi.advanceTimersByTime(1000);
    isOn = true;
    link.state.kind = "stopped";
    report(ERROR);
    vi.advanceTimersByTime(1000);
    link.state.kind = "running";
    report(ERROR);
    document.isClosed = true;
    vi.advanceTimersByTime(1000);
    document.isClosed = false;
    document.languageId = "python";
    report(ERROR);
    editor.diagnosticsChanged.fire({ uris: [Uri.file("/other")] });
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
  });

  it("a new server is told anew", () => {
    report(ERROR);
    vi.advanceTimersByTime(1000);
    errors.restarted();
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(2);
  });
});
