/**
 * Shows the status: a status bar item whose click leads to the fix, and a language status item.
 *
 * While one types, the engine begins and is stopped at every key. To draw that would cost the window
 * more than the key itself, and tell nobody anything: what changes by itself is drawn once it stays,
 * and at least once a second. What is drawn already is never drawn again.
 */

import { isDeepStrictEqual } from "node:util";
import {
  LanguageStatusSeverity,
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  languages,
  window,
  type Disposable,
  type LanguageStatusItem,
  type StatusBarItem,
} from "vscode";

import { LANGUAGES } from "./leanDocuments";
import type { Severity, StatusView } from "./statusView";

/** A state that lasts this long is drawn. */
const STAYS_MS = 250;
/** States that follow each other without a rest are drawn this often. */
const LATEST_MS = 1000;
export const SHOW_STATUS = "fd-prover.showStatus";

const SEVERITIES: Record<Severity, LanguageStatusSeverity> = {
  information: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
};

export class StatusDisplay implements Disposable {
  private readonly bar: StatusBarItem;
  private readonly language: LanguageStatusItem;
  private stays: NodeJS.Timeout | undefined;
  private latest: NodeJS.Timeout | undefined;
  private waiting: (() => StatusView) | undefined;
  private shown: StatusView | undefined;

  constructor() {
    this.bar = window.createStatusBarItem("fd-prover.status", StatusBarAlignment.Right, 90);
    this.bar.name = "FD Prover";
    this.bar.command = SHOW_STATUS;
    this.language = languages.createLanguageStatusItem(
      "fd-prover.status",
      LANGUAGES.map((language) => ({ language })),
    );
    this.language.name = "FD Prover";
    this.language.command = { title: "Details", command: SHOW_STATUS };
  }

  /** What is shown now. */
  get view(): StatusView | undefined {
    return this.shown;
  }

  /** Something changed for good: draw what `view` gives, now. */
  update(view: () => StatusView): void {
    this.forget();
    this.draw(view());
  }

  /** Something changed that may change again at once: draw it once it stays. */
  updateSoon(view: () => StatusView): void {
    this.waiting = view;
    clearTimeout(this.stays);
    this.stays = setTimeout(() => this.drawWaiting(), STAYS_MS);
    this.latest ??= setTimeout(() => this.drawWaiting(), LATEST_MS);
  }

  dispose(): void {
    this.forget();
    this.bar.dispose();
    this.language.dispose();
  }

  private drawWaiting(): void {
    const { waiting } = this;
    if (waiting !== undefined) {
      this.update(waiting);
    }
  }

  private forget(): void {
    clearTimeout(this.stays);
    clearTimeout(this.latest);
    this.stays = this.latest = this.waiting = undefined;
  }

  private draw(view: StatusView): void {
    if (this.shown !== undefined && isDeepStrictEqual(this.shown, view)) {
      return;
    }
    this.shown = view;
    this.bar.text = view.text;
    this.bar.tooltip = tooltip(view);
    this.bar.accessibilityInformation = { label: `FD Prover: ${view.state}. ${view.detail}` };
    this.bar.backgroundColor =
      view.severity === "error" ? new ThemeColor("statusBarItem.errorBackground") : undefined;
    this.bar.show();
    this.language.text = `FD Prover: ${view.state}`;
    this.language.detail = [view.detail, view.fix].filter(Boolean).join(" ");
    this.language.severity = SEVERITIES[view.severity];
    this.language.busy = view.busy;
  }
}

function tooltip(view: StatusView): MarkdownString {
  const text = new MarkdownString();
  text.appendMarkdown("**FD Prover**: ").appendText(view.state);
  for (const line of [view.detail, view.fix, ...view.facts]) {
    if (line !== "") {
      text.appendMarkdown("\n\n").appendText(line);
    }
  }
  return text;
}
