import { beforeEach, expect, it, vi } from "vitest";

import { trigger, triggerAnew } from "../../src/trigger";
import { editor } from "./support/vscode";

vi.mock("vscode", async () => import("./support/vscode"));
beforeEach(() => editor.reset());

it("has the editor ask; anew, by a provider it does not know, which is gone afterwards", async () => {
  trigger();
  expect(editor.providers).toBe(0);
  triggerAnew();
  expect(editor.providers).toBe(1);
  expect(editor.executed.map(([id]) => id)).toEqual(Array(2).fill("editor.action.inlineSuggest.trigger"));
  await vi.waitFor(() => expect(editor.providers).toBe(0));
});
