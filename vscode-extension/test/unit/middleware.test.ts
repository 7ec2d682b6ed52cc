import { beforeEach, describe, expect, it, vi } from "vitest";

import { isListWanted, middleware } from "../../src/middleware";
import { Typing } from "../../src/typing";
import { CompletionTriggerKind, editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));

const ON = { completionEnabled: true, quickFixesEnabled: true, lensesEnabled: true } as never;
const OFF = { completionEnabled: false, quickFixesEnabled: false, lensesEnabled: false } as never;
const OPEN = { isCancellationRequested: false } as never;
const by = (triggerKind: CompletionTriggerKind): never => ({ triggerKind }) as never;

describe("the completion list", () => {
  beforeEach(() => editor.reset());

  it("does not open by itself after a space, where it would hide the ghost text", () => {
    expect(isListWanted(ON, by(CompletionTriggerKind.TriggerCharacter))).toBe(false);
  });

  it("comes when it is asked for, and while a word is typed", () => {
    expect(isListWanted(ON, by(CompletionTriggerKind.Invoke))).toBe(true);
    expect(isListWanted(ON, by(CompletionTriggerKind.TriggerForIncompleteCompletions))).toBe(true);
  });

  it("opens after a space where there is no ghost text", () => {
    editor.configuration["suggest.inline"] = "off";
    expect(isListWanted(ON, by(CompletionTriggerKind.TriggerCharacter))).toBe(true);
  });
});

it("what is turned off is not asked for", async () => {
  const next = vi.fn(() => []);
  for (const [config, times] of [[OFF, 0], [ON, 3]] as const) {
    const between = middleware(config, {} as never, new Typing());
    await between.provideCompletionItem?.({} as never, {} as never, by(CompletionTriggerKind.Invoke), OPEN, next);
    void between.provideCodeActions?.({} as never, {} as never, {} as never, {} as never, next);
    void between.provideCodeLenses?.({} as never, {} as never, next);
    expect(next).toHaveBeenCalledTimes(times);
  }
});

it("completion is not asked for by a key that the next one has made worthless", async () => {
  const next = vi.fn(() => []);
  const typing = { halts: () => Promise.resolve() } as never;
  const between = middleware(ON, {} as never, typing);
  const ask = (token: unknown): unknown =>
    between.provideCompletionItem?.({} as never, {} as never, by(CompletionTriggerKind.Invoke), token as never, next);
  expect(await ask({ isCancellationRequested: true })).toBeUndefined();
  expect(next).not.toHaveBeenCalled();
  expect(await ask({ isCancellationRequested: false })).toEqual([]);
});
