/**
 * Hands the errors of the user's own Lean to the server: lenses on failing declarations stand there,
 * and nothing is elaborated a second time to know them. They are taken from the editor, where the
 * Lean 4 extension shows them; what other extensions report in a Lean file is left out.
 */

import {
  DiagnosticSeverity,
  languages,
  window,
  workspace,
  type Diagnostic,
  type Disposable,
  type TextDocument,
} from "vscode";

import { isLean } from "./leanDocuments";
import type { ServerLink } from "./serverLink";

/** Lean reports a file piece by piece: wait until it pauses. */
const PAUSE_MS = 400;
const SOURCE = /^lean\b/i;

export class LeanErrors implements Disposable {
  private readonly subscription: Disposable;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly told = new Map<string, string>();

  constructor(
    private readonly link: ServerLink,
    private readonly isOn: () => boolean,
  ) {
    this.subscription = languages.onDidChangeDiagnostics((event) => {
      const changed = new Set(event.uris.map(String));
      for (const document of workspace.textDocuments) {
        if (changed.has(document.uri.toString()) && isLean(document)) {
          this.later(document);
        }
      }
    });
  }

  /** A new server knows nothing yet. */
  restarted(): void {
    this.told.clear();
    for (const { document } of window.visibleTextEditors) {
      if (isLean(document)) {
        this.later(document);
      }
    }
  }

  dispose(): void {
    this.subscription.dispose();
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
  }

  private later(document: TextDocument): void {
    const uri = document.uri.toString();
    clearTimeout(this.timers.get(uri));
    this.timers.set(uri, setTimeout(() => this.tell(document), PAUSE_MS));
  }

  private tell(document: TextDocument): void {
    const uri = document.uri.toString();
    this.timers.delete(uri);
    if (!this.isOn() || document.isClosed || this.link.state.kind !== "running") {
      return;
    }
    const errors = languages.getDiagnostics(document.uri).filter(isLeanError).map(asWire);
    const said = JSON.stringify(errors);
    if (said !== (this.told.get(uri) ?? "[]")) {
      this.told.set(uri, said);
      this.link.tell("fd/provideErrors", { uri, version: document.version, errors });
    }
  }
}

function isLeanError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === DiagnosticSeverity.Error && SOURCE.test(diagnostic.source ?? "");
}

function asWire({ range, message }: Diagnostic): {
  range: { start: { line: number; character: number }; end: { line: number; character: number } };
  message: string;
} {
  const at = ({ line, character }: { line: number; character: number }) => ({ line, character });
  return { range: { start: at(range.start), end: at(range.end) }, message };
}
