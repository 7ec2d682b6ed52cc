/**
 * Pages that the extension shows and nobody saves: explanations, verdicts, records. Read-only
 * documents of a scheme of our own, so that no window asks to save them.
 */

import { EventEmitter, Uri, commands, window, workspace, type Disposable } from "vscode";

export const SCHEME = "fd-prover";
/** More are never open at once; older ones are forgotten. */
const KEPT = 20;

export class Pages implements Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new EventEmitter<Uri>();
  private readonly provider: Disposable;

  constructor() {
    this.provider = workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) => this.texts.get(uri.path) ?? "This page is gone.",
    });
  }

  /** Markdown beside the code, rendered. */
  async showMarkdown(title: string, markdown: string): Promise<void> {
    await commands.executeCommand("markdown.showPreviewToSide", this.put(`${title}.md`, markdown));
  }

  /** Text in an editor. */
  async showText(name: string, text: string): Promise<void> {
    const document = await workspace.openTextDocument(this.put(name, text));
    await window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.provider.dispose();
    this.changed.dispose();
  }

  /** The same name shows the new text where the old one stands. */
  private put(name: string, text: string): Uri {
    const uri = Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.texts.delete(uri.path);
    this.texts.set(uri.path, text);
    const [oldest] = this.texts.keys();
    if (this.texts.size > KEPT && oldest !== undefined) {
      this.texts.delete(oldest);
    }
    this.changed.fire(uri);
    return uri;
  }
}
