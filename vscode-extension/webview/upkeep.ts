/** The sorry board, the nights, the adapters, and what is recorded. */

import type { Intent, PartValue } from "../src/panel/messages";
import { button, element } from "./dom";
import { ago, figure, moment } from "./words";

type Send = (intent: Intent) => void;

/** Every `sorry` of the workspace: go there, prove it, try it tonight. */
export function board(value: PartValue<"board">, send: Send): HTMLElement {
  if (value.rows.length === 0) return element("p", { class: "quiet" }, "No sorry and no failing declaration was found.");
  const rows = value.rows.map((row) => {
    const name = row.declaration || "(no name)";
    const act = (type: "openRow" | "proveRow" | "queueRow"): (() => void) => {
      return () => send({ type, row: row.key });
    };
    const best = row.bestAttempt ? `best: ${row.bestAttempt} (${row.verdict})` : row.verdict || "not tried yet";
    const age = row.since === null ? "" : ` · file changed ${ago(row.since)} ago`;
    return element(
      "li",
      { "data-row": true, class: row.kind },
      button(name, `open ${row.key}`, act("openRow"), { class: "link", "aria-label": `Open ${name}, line ${String(row.line)}` }),
      element("span", { class: "what" }, element("span", { class: "detail" }, `${row.file}:${String(row.line)} · ${row.kind} · ${best}${age.replace("just now ago", "just now")}`)),
      element(
        "span",
        { class: "actions" },
        button("Try", `prove ${row.key}`, act("proveRow"), { "aria-label": `Try to prove ${name} now` }),
        row.queued
          ? element("span", { class: "badge" }, "tonight")
          : button("Try tonight", `queue ${row.key}`, act("queueRow"), { "aria-label": `Try ${name} tonight` }),
      ),
    );
  });
  return element("div", {}, element("ul", { class: "rows", "aria-label": "Open goals of the workspace" }, ...rows), tonight(value, send));
}

function tonight(value: PartValue<"board">, send: Send): HTMLElement | undefined {
  if (value.tonight.length === 0) return undefined;
  const rows = value.tonight.map((goal) =>
    element(
      "li",
      { "data-row": true },
      element("span", { class: "what" }, goal.declaration, element("span", { class: "detail" }, goal.place)),
      button("Remove", `unqueue ${goal.id}`, () => send({ type: "unqueue", goal: goal.id }), {
        "aria-label": `Take ${goal.declaration} out of tonight's queue`,
      }),
    ),
  );
  return element("div", {}, element("h3", {}, "Queued for tonight"), element("ul", { class: "rows" }, ...rows));
}

/** Overnight runs, newest first. */
export function runs(value: PartValue<"runs">, send: Send): HTMLElement {
  if (value.runs.length === 0) return element("p", { class: "quiet" }, "No night of training yet: fd-trainer run starts one.");
  const rows = value.runs.map((run) => {
    const ended = run.finishedAt === null ? `in phase ${run.phase}` : run.verdict || run.phase;
    return element(
      "li",
      { "data-row": true },
      element("span", { class: "what" }, moment(run.startedAt), element("span", { class: "detail" }, ended)),
      run.hasReport &&
        button("Report", `report ${run.id}`, () => send({ type: "openReport", run: run.id }), {
          "aria-label": `Open the report of ${moment(run.startedAt)}`,
        }),
    );
  });
  return element("ul", { class: "rows", "aria-label": "Nights" }, ...rows);
}

/** Learned adapters: which one speaks, and two ways to change that. */
export function adapters(value: PartValue<"adapters">, send: Send): HTMLElement {
  if (value.adapters.length === 0) return element("p", { class: "quiet" }, "No adapter was learned yet; the base model speaks.");
  const rows = value.adapters.map((adapter) => {
    const short = adapter.id.slice(0, 12);
    const measured = Object.entries(adapter.metrics).map(([name, metric]) => `${name} ${figure(metric)}`);
    const detail = [adapter.baseModel, moment(adapter.createdAt), adapter.status, ...measured].join(" · ");
    return element(
      "li",
      { "data-row": true },
      element("span", { class: "what" }, element("code", {}, short), element("span", { class: "detail" }, detail)),
      adapter.promoted
        ? element("span", { class: "badge" }, "serves")
        : button("Promote", `promote ${adapter.id}`, () => send({ type: "promote", adapter: adapter.id }), {
            "aria-label": `Serve adapter ${short}`,
          }),
    );
  });
  const back = button("Roll back", "rollback", () => send({ type: "rollback" }), { disabled: value.promoted === "" });
  return element("div", {}, element("ul", { class: "rows", "aria-label": "Adapters" }, ...rows), element("p", { "data-row": true }, back));
}

/** What is recorded on this machine, and what one may do about it. */
export function records(value: PartValue<"records">, send: Send): HTMLElement {
  if (!value.known) return element("p", { class: "quiet" }, "Not known: no server answers.");
  const state = value.recording
    ? "Decisions are recorded, on this machine only."
    : value.consent === "ask"
      ? "Nothing is recorded: you were not asked yet."
      : "Nothing is recorded.";
  const counts = value.counts.flatMap(([name, count]) => [element("dt", {}, name), element("dd", {}, String(count))]);
  return element(
    "div",
    {},
    element("p", {}, state),
    element("dl", { class: "counts" }, ...counts),
    element("p", { class: "detail" }, value.path),
    element(
      "p",
      { "data-row": true, class: "actions" },
      button("Open", "records-open", () => send({ type: "openRecords" })),
      button("Export …", "records-export", () => send({ type: "exportRecords" })),
      button("Delete …", "records-purge", () => send({ type: "purgeRecords" })),
      button("Record: yes or no …", "records-consent", () => send({ type: "changeRecording" })),
    ),
  );
}
