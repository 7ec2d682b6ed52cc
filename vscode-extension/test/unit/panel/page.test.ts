import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { contentSecurityPolicy, page } from "../../../src/panel/html";
import { Part, read } from "../../../src/panel/messages";
import { target } from "../../../webview/grid";
import { ago, figure } from "../../../webview/words";

describe("the page", () => {
  const parts = { cspSource: "https://ours", nonce: "abc123", script: "https://ours/webview.js", style: "https://ours/s.css" };

  it("allows its own script by nonce and its own style, and nothing else", () => {
    const policy = contentSecurityPolicy(parts);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'nonce-abc123'");
    expect(policy).not.toMatch(/unsafe|\*|data:|connect-src|img-src/);
    const html = page(parts);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/ style=| on\w+=/);
  });

  it("is made without markup from texts", () => {
    for (const name of ["dom", "main", "search", "upkeep", "roving", "grid", "words"]) {
      const source = readFileSync(new URL(`../../../webview/${name}.ts`, import.meta.url), "utf8");
      expect(source).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
    }
  });

  it("takes its colours from the theme only", () => {
    const css = readFileSync(new URL("../../../webview/panel.css", import.meta.url), "utf8");
    expect(css).not.toMatch(/#[0-9a-f]{3,8}\b(?=[^{]*;)|rgba?\(|hsl\(|(?:color|background): (?:red|green|blue|white|black)/i);
    expect(css).toContain("var(--vscode-foreground)");
  });

  it("refuses parts of a wrong shape", () => {
    expect(read(Part, { part: "notice", value: { text: "x", isError: false } }).kind).toBe("read");
    expect(read(Part, { part: "notice", value: { text: 3, isError: false } })).toMatchObject({ kind: "unreadable" });
    expect(read(Part, { part: "elsewhere" }).kind).toBe("unreadable");
  });
});

describe("arrow keys", () => {
  const rows = [["a1", "a2", "a3"], ["b1"], ["c1", "c2"]];

  it.each([
    ["a2", "ArrowDown", "b1"],
    ["b1", "ArrowDown", "c1"],
    ["c2", "ArrowUp", "b1"],
    ["a1", "ArrowRight", "a2"],
    ["a2", "ArrowLeft", "a1"],
    ["c2", "Home", "a1"],
    ["a1", "End", "c1"],
    ["a3", "ArrowRight", undefined],
    ["a1", "x", undefined],
    ["nowhere", "ArrowDown", undefined],
  ])("%s and %s lead to %s", (from, key, to) => {
    expect(target(rows, from, key)).toBe(to);
  });
});

describe("words", () => {
  it("says how long ago", () => {
    expect([10, 90, 7200, 86_400, 400_000].map((s) => ago(1_000_000 - s, 1_000_000))).toEqual(["just now", "1 min", "2 h", "1 day", "4 days"]);
    expect(ago(null)).toBe("");
    expect([figure(3), figure(0.123456)]).toEqual(["3", "0.123"]);
  });
});
