/**
 * Shows the status: a status bar item whose click leads to the fix, and a language status item.
 * A flood of changes is drawn ten times a second at most, and always its last.
 */

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

const REDRAW_MS = 100;
export const SHOW_STATUS = "fd-prover.showStatus";

const SEVERITIES: Record<Severity, LanguageStatusSeverity> = {
  information: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
};

export class StatusDisplay implements Disposable {
  private readonly bar: StatusBarItem;
  private readonly language: LanguageStatusItem;
  private timer: NodeJS.Timeout | undefined;
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

  /** Something changed: draw what `view` gives, now or in a moment. */
  update(view: () => StatusView): void {
    if (this.timer !== undefined) {
      this.waiting = view;
      return;
    }
    this.draw(view());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const { waiting } = this;
      this.waiting = undefined;
      if (waiting !== undefined) {
        this.update(waiting);
      }
    }, REDRAW_MS);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.bar.dispose();
    this.language.dispose();
  }

  private draw(view: StatusView): void {
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
