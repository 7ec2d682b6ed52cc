/**
 * TEST DOUBLE of the `vscode` module: as much of the API as the modules under test use, kept in
 * memory. What a test sets up and what was done is in `editor`. Nothing here draws or edits files.
 */

type Listener<T> = (event: T) => unknown;

export class Disposable {
  constructor(private readonly act: () => void) {}
  dispose(): void {
    this.act();
  }
}

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>): Disposable => {
    this.listeners.add(listener);
    return new Disposable(() => this.listeners.delete(listener));
  };
  fire(event: T): void {
    for (const listener of [...this.listeners]) listener(event);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class CancellationTokenSource {
  readonly token = { isCancellationRequested: false };
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
  isEqual(other: Position): boolean {
    return this.line === other.line && this.character === other.character;
  }
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
  get isEmpty(): boolean {
    return this.start.isEqual(this.end);
  }
}

export class Selection extends Range {
  get active(): Position {
    return this.end;
  }
}

export class MarkdownString {
  isTrusted: unknown;
  constructor(
    public value = "",
    public supportThemeIcons = false,
  ) {}
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&");
    return this;
  }
  appendCodeblock(text: string, language = ""): this {
    this.value += `\n\`\`\`${language}\n${text}\n\`\`\`\n`;
    return this;
  }
}

export class Hover {
  constructor(readonly contents: MarkdownString) {}
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly fsPath: string,
  ) {}
  static file(path: string): Uri {
    return new Uri("file", path);
  }
  static from({ scheme, path }: { scheme: string; path: string }): Uri {
    return new Uri(scheme, path);
  }
  get path(): string {
    return this.fsPath;
  }
  static parse(text: string): Uri {
    const [scheme = "", rest = ""] = text.split("://");
    return new Uri(scheme, rest);
  }
  toString(): string {
    return `${this.scheme}://${this.fsPath}`;
  }
}

export enum StatusBarAlignment {
  Left = 1,
  Right = 2,
}
export enum LanguageStatusSeverity {
  Information = 0,
  Warning = 1,
  Error = 2,
}
export enum DiagnosticSeverity {
  Error = 0,
  Warning = 1,
}
export enum CompletionTriggerKind {
  Invoke = 0,
  TriggerCharacter = 1,
  TriggerForIncompleteCompletions = 2,
}
export enum InlineCompletionTriggerKind {
  Invoke = 0,
  Automatic = 1,
}
export enum ProgressLocation {
  Notification = 15,
}

export interface FakeDiagnostic {
  severity: DiagnosticSeverity;
  source?: string;
  message: string;
  range: Range;
}

/** A Lean document of some lines. */
export class FakeDocument {
  isClosed = false;
  constructor(
    public text: string,
    public version = 1,
    readonly uri = Uri.file("/project/A.lean"),
    public languageId = "lean4",
  ) {}
  lineAt(line: number): { text: string } {
    return { text: this.text.split("\n")[line] ?? "" };
  }
  getText(): string {
    return this.text;
  }
}

export class FakeEditor {
  edits: [unknown, string][] = [];
  takesEdits = true;
  constructor(
    readonly document: FakeDocument,
    public selection = new Selection(new Position(0, 0), new Position(0, 0)),
  ) {}
  get selections(): Selection[] {
    return [this.selection];
  }
  at(line: number, character: number): this {
    this.selection = new Selection(new Position(line, character), new Position(line, character));
    return this;
  }
  edit(build: (edit: { replace(where: unknown, text: string): void }) => void): Promise<boolean> {
    if (this.takesEdits) build({ replace: (where, text) => this.edits.push([where, text]) });
    return Promise.resolve(this.takesEdits);
  }
}

/** What was done to the editor, and what it will answer. */
export const editor = {
  executed: [] as [string, ...unknown[]][],
  messages: [] as string[],
  picks: [] as { items: readonly { label: string; detail?: string }[]; options: unknown }[],
  /** Answers to quick picks, in order: a label, or undefined for Esc. */
  answers: [] as (string | undefined)[],
  /** What happens while a quick pick is open. */
  onPick: (): void => undefined,
  registered: new Map<string, (...parameters: unknown[]) => unknown>(),
  extensions: new Map<string, { isActive: boolean; exports: unknown; packageJSON: unknown }>(),
  diagnostics: new Map<string, FakeDiagnostic[]>(),
  documents: [] as FakeDocument[],
  active: undefined as FakeEditor | undefined,
  configuration: {} as Record<string, unknown>,
  selectionChanged: new EventEmitter<unknown>(),
  activeChanged: new EventEmitter<FakeEditor | undefined>(),
  documentChanged: new EventEmitter<unknown>(),
  diagnosticsChanged: new EventEmitter<{ uris: Uri[] }>(),
  pages: undefined as { provideTextDocumentContent(uri: Uri): string } | undefined,
  clipboard: "",
  savedAs: undefined as Uri | undefined,
  bar: undefined as Record<string, unknown> | undefined,
  redraws: 0,
  /** Providers of ghost text that are registered at the moment. */
  providers: 0,
  reset(): void {
    Object.assign(this, {
      executed: [], messages: [], picks: [], answers: [], registered: new Map(), extensions: new Map(),
      diagnostics: new Map(), documents: [], active: undefined, configuration: {}, bar: undefined, redraws: 0,
      providers: 0, onPick: () => undefined,
    });
  },
};

function say(message: string): Promise<undefined> {
  editor.messages.push(message);
  return Promise.resolve(undefined);
}

export const window = {
  get activeTextEditor(): FakeEditor | undefined {
    return editor.active;
  },
  get visibleTextEditors(): FakeEditor[] {
    return editor.active ? [editor.active] : [];
  },
  showInformationMessage: say,
  showWarningMessage: (message: string, _options: unknown, ...buttons: string[]) => {
    editor.messages.push(message);
    const answer = editor.answers.shift();
    return Promise.resolve(buttons.find((button) => button === answer));
  },
  showSaveDialog: () => Promise.resolve(editor.savedAs),
  showTextDocument: (document: { given: Uri }) =>
    Promise.resolve(editor.executed.push(["showTextDocument", String(document.given)])),
  showErrorMessage: say,
  setStatusBarMessage: say,
  showQuickPick(given: readonly (string | { label: string; detail?: string })[], options?: unknown): Promise<unknown> {
    const items = given.map((item) => (typeof item === "string" ? { label: item } : item));
    editor.picks.push({ items, options });
    editor.onPick();
    const answer = editor.answers.shift();
    const index = items.findIndex((item) => item.label === answer);
    return Promise.resolve(index < 0 ? undefined : given[index]);
  },
  onDidChangeTextEditorSelection: editor.selectionChanged.event,
  onDidChangeActiveTextEditor: editor.activeChanged.event,
  createStatusBarItem(): unknown {
    const bar = { show: () => (editor.redraws += 1), dispose: () => undefined };
    editor.bar = bar;
    return bar;
  },
};

export const workspace = {
  get textDocuments(): FakeDocument[] {
    return editor.documents;
  },
  onDidChangeTextDocument: editor.documentChanged.event,
  registerTextDocumentContentProvider: (_: string, provider: { provideTextDocumentContent(uri: Uri): string }) => {
    editor.pages = provider;
    return new Disposable(() => undefined);
  },
  openTextDocument: (given: unknown) => Promise.resolve({ given, uri: Uri.file("/untitled") }),
  getConfiguration: () => fakeConfiguration(editor.configuration),
};

export const languages = {
  registerInlineCompletionItemProvider: () => {
    editor.providers += 1;
    return new Disposable(() => (editor.providers -= 1));
  },
  createLanguageStatusItem: () => ({ dispose: () => undefined }),
  onDidChangeDiagnostics: editor.diagnosticsChanged.event,
  getDiagnostics: (uri: Uri) => editor.diagnostics.get(uri.toString()) ?? [],
};

export const commands = {
  executeCommand: (id: string, ...parameters: unknown[]) => {
    editor.executed.push([id, ...parameters]);
    return Promise.resolve(undefined);
  },
  registerCommand: (id: string, act: (...parameters: unknown[]) => unknown) => {
    editor.registered.set(id, act);
    return new Disposable(() => editor.registered.delete(id));
  },
};

export const extensions = {
  getExtension: (id: string) => editor.extensions.get(id),
};

export const env = {
  clipboard: { writeText: (text: string) => Promise.resolve(void (editor.clipboard = text)) },
};

/** A configuration of explicit values: what is not given is not set. */
export function fakeConfiguration(values: Record<string, unknown>): never {
  const found = {
    get: (name: string) => values[name],
    inspect: (name: string) => ({ key: name, globalValue: values[name] }),
  };
  return found as never;
}
