/** The panel's page: takes parts, shows them, and sends what the user does. */

import { Part, read } from "../src/panel/messages";
import type { Intent, PartName, PartValue } from "../src/panel/messages";
import { button, element, replace } from "./dom";
import { makeRoving } from "./roving";
import { candidates, tree } from "./search";
import { adapters, board, records, runs } from "./upkeep";

declare function acquireVsCodeApi(): { postMessage(message: Intent): void };

const vscode = acquireVsCodeApi();
const send = (intent: Intent): void => vscode.postMessage(intent);
const bodies = new Map<string, HTMLElement>();

function section(name: string, title: string): HTMLElement {
  const body = element("div", { class: "body", id: name });
  bodies.set(name, body);
  return element("section", { "aria-labelledby": `${name}-title` }, element("h2", { id: `${name}-title` }, title), body);
}

function toolbar(): HTMLElement {
  const bar = element(
    "div",
    { role: "toolbar", "aria-label": "FD Prover", class: "toolbar", "data-row": true },
    button("Suggest", "suggest", () => send({ type: "suggest" }), { class: "primary" }),
    button("Prove", "prove", () => send({ type: "prove" })),
    button("Stop", "stop", () => send({ type: "stop" })),
    button("Refresh", "refresh", () => send({ type: "refresh" })),
  );
  makeRoving(bar);
  return bar;
}

function build(): void {
  const engine = element("div", { id: "engine", role: "status" });
  const notice = element("p", { id: "notice", role: "status", "aria-live": "polite" });
  bodies.set("engine", engine);
  bodies.set("notice", notice);
  document.getElementById("panel")?.append(
    element("h1", {}, "FD Prover"),
    engine,
    toolbar(),
    notice,
    section("goal", "Goal"),
    section("search", "Candidates"),
    section("tree", "Search tree"),
    section("board", "Sorry board"),
    section("runs", "Last nights"),
    section("adapters", "Adapters"),
    section("records", "What is recorded"),
  );
}

const SHOWN: { readonly [P in PartName]: (value: PartValue<P>) => HTMLElement | string } = {
  engine: (value) =>
    element(
      "p",
      { class: value.isDown ? "engine down" : "engine", "data-row": true },
      element("strong", {}, value.state || "starting"),
      element("span", { class: "detail" }, [value.detail, value.model, value.lean].filter(Boolean).join(" · ")),
      value.fix !== "" && element("span", { class: "fix" }, value.fix),
      value.isDown && button("What to do", "fix", () => send({ type: "fixStatus" })),
    ),
  notice: (value) => element("span", { class: value.isError ? "error" : "" }, value.text),
  goal: (value) => goal(value),
  search: (value) => candidates(value, send),
  tree: (value) => tree(value),
  board: (value) => board(value, send),
  runs: (value) => runs(value, send),
  adapters: (value) => adapters(value, send),
  records: (value) => records(value, send),
};

function goal(value: PartValue<"goal">): HTMLElement {
  const words = {
    nowhere: "The cursor is in no Lean file.",
    waiting: "…",
    complete: "Nothing is left to prove here.",
    noProof: `Nothing to prove here${value.reason ? `: ${value.reason}` : ""}.`,
    goals: "",
  }[value.kind];
  const goals = value.goals.map((item) => element("pre", { class: "goal" }, item.text));
  return element(
    "div",
    {},
    value.place !== "" && element("p", { class: "detail" }, value.place),
    words !== "" && element("p", { class: "quiet" }, words),
    ...goals,
  );
}

function show<P extends PartName>(name: P, value: PartValue<P>): void {
  const body = bodies.get(name);
  if (!body) return;
  replace(body, SHOWN[name](value));
  makeRoving(body);
}

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const part = read(Part, event.data);
  if (part.kind === "read") show(part.value.part, part.value.value as never);
  else show("notice", { text: `The panel was sent something unreadable (${part.what}).`, isError: true });
});

build();
send({ type: "ready" });
