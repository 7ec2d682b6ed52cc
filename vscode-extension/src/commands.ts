/** The commands of the palette, menus and keys: each a few words of asking the server. */

import { commands, window, type Disposable, type TextEditor } from "vscode";

import type { Decisions } from "./decisions";
import { isLean } from "./leanDocuments";
import type { Pages } from "./pages";
import type { Place, WireCandidate } from "./protocol";
import type { Answer, ServerLink } from "./serverLink";

interface Parts {
  readonly link: ServerLink;
  readonly pages: Pages;
}

export interface ProofParts extends Parts {
  readonly decisions: Decisions;
  /** Have the editor ask for ghost text. */
  suggest(): void;
}

/** Commands about the proof under the cursor. */
export function registerProofCommands(parts: ProofParts): Disposable[] {
  const { link, decisions, pages } = parts;
  const here = (id: string, act: (editor: TextEditor, argument: unknown) => unknown): Disposable =>
    commands.registerCommand(`fd-prover.${id}`, async (argument: unknown) => {
      const editor = window.activeTextEditor;
      if (editor === undefined || !isLean(editor.document)) {
        void window.showInformationMessage("FD Prover: put the cursor into a Lean file first.");
        return;
      }
      await act(editor, argument);
    });
  const ask = async (answer: Promise<Answer<unknown>>): Promise<void> => sayRefusal(await answer);
  return [
    here("suggest", () => parts.suggest()),
    here("showAlternatives", (editor) => decisions.choose(editor)),
    here("takeSuggestion", (editor, id) => decisions.choose(editor, id)),
    here("rejectSuggestion", (editor, id) => decisions.reject(editor, id)),
    here("explainSuggestion", (editor, id) => explain(parts, editor, id)),
    here("whyNot", (editor) => whyNot({ link, pages }, editor)),
    here("proveHere", ({ document, selection }) =>
      ask(link.run("fd.prove", document.uri.toString(), place(selection.active))),
    ),
    here("proveFile", ({ document }) => ask(link.run("fd.proveAll", document.uri.toString()))),
    here("tryTonight", ({ document, selection }) =>
      ask(link.run("fd.tryTonight", document.uri.toString(), place(selection.active))),
    ),
  ];
}

function place(position: { line: number; character: number }): Place["position"] {
  return { line: position.line, character: position.character };
}

async function explain(
  { link, decisions, pages }: Parts & { readonly decisions: Decisions },
  editor: TextEditor,
  id: unknown,
): Promise<void> {
  const item = await decisions.find(editor, id, "Which one is to be explained?");
  if (item === undefined) {
    return;
  }
  const answer = await link.request("fd/explain", { suggestionId: item.id });
  if (answer.kind === "answered") {
    await pages.showMarkdown("Why this suggestion", answer.value.markdown);
  } else {
    sayRefusal(answer);
  }
}

async function whyNot({ link, pages }: Parts, editor: TextEditor): Promise<void> {
  const { document, selection } = editor;
  const at = { uri: document.uri.toString(), position: place(selection.start), version: document.version };
  const text = await window.showInputBox({
    prompt: "The tactic or term you expected here: what does Lean say to it?",
    value: document.getText(selection),
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === "") {
    return;
  }
  const answer = await link.request("fd/whyNot", { ...at, text });
  if (answer.kind === "answered") {
    await pages.showMarkdown("What Lean says", verdictPage(answer.value));
  } else {
    sayRefusal(answer);
  }
}

/** Lean's verdict on the user's own text, as a page. */
export function verdictPage(judged: WireCandidate): string {
  const { verdict } = judged;
  const spent = `${verdict.milliseconds.toFixed(0)} ms`;
  const fence = (text: string): string => `\`\`\`lean\n${text}\n\`\`\``;
  const head = {
    closed: `Lean accepts it: it closes the goal (${spent}).`,
    progressed: `Lean accepts it: it leaves ${verdict.after.length} goal(s) (${spent}).`,
    failed: `Lean refuses it (${spent}):`,
    undecided: `Lean did not come to a verdict (${spent}): ${verdict.reason}`,
  }[verdict.kind];
  const after = verdict.after.map((goal) => fence(goal.text || `⊢ ${goal.target}`));
  return [fence(judged.text), head, ...verdict.messages.map(fence), ...after].join("\n\n");
}

function sayRefusal(answer: Answer<unknown>): void {
  if (answer.kind === "refused") {
    void window.showErrorMessage(`FD Prover: ${answer.what} ${answer.fix}`);
  } else if (answer.kind === "movedOn") {
    void window.showInformationMessage("FD Prover: the text has changed meanwhile; ask again.");
  }
}
