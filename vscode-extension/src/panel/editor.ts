/** What the panel asks of the editor: a seam, so that the panel's logic runs without a workbench. */

import type { GoalsResult, Place, WireEdit, WireRange } from "../protocol";

/** A place in a Lean file, and how to call it. */
export interface NamedPlace {
  readonly place: Place;
  readonly name: string;
}

export type RecordsCommand = "openRecords" | "exportRecords" | "purgeRecords" | "changeRecording";

export interface PanelEditor {
  /** Where the cursor stands (or last stood) in a Lean file. */
  here(): NamedPlace | undefined;
  /** Goals from the user's own Lean, if it answers. */
  goalsFromUser(place: Place): Promise<GoalsResult | undefined>;
  /** Show a range of a file, with the cursor there. */
  reveal(uri: string, range: WireRange): Promise<void>;
  /** Make an edit; false if the document moved on or the editor refused. */
  apply(edit: WireEdit): Promise<boolean>;
  /** Open a file of this machine with the program of the user's system. */
  openOutside(path: string): Promise<void>;
  /** Show Markdown beside the code. */
  showMarkdown(markdown: string): Promise<void>;
  /** Ask before something that is not undone by itself. */
  confirm(question: string, yes: string): Promise<boolean>;
  /** A path as the user's workspace calls it. */
  shortName(uri: string): string;
  records(command: RecordsCommand): Promise<void>;
  fixStatus(): Promise<void>;
}
