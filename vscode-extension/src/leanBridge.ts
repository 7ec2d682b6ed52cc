/**
 * Goals from the Lean server that the user's own Lean 4 extension runs.
 *
 * That extension's exports are no promised API: every step is probed, and where something is missing
 * or fails there are simply no goals, and our own Lean is asked. The text of goals is handed over as
 * Lean rendered it; the server reads it.
 */

import { extensions, type CancellationToken, type Uri } from "vscode";

import type { GoalsResult, WirePosition } from "./protocol";

export const LEAN_EXTENSION = "leanprover.lean4";

/** What we use of the Lean 4 extension's client. */
interface LeanClient {
  isRunning?: () => boolean;
  getClientFolder: () => { readonly scheme?: string; readonly fsPath?: string };
  sendRequest: (method: string, params: unknown, token?: CancellationToken) => Promise<unknown>;
}

interface ClientProvider {
  getClients: () => LeanClient[];
}

/** Whether goals can be had, for the status and the diagnostics report. */
export type BridgeState = "no Lean 4 extension" | "not active yet" | "unknown version" | "ready";

/** Between looks for an extension that was not ready: it may wait for the user to install Lean. */
export const LOOK_AGAIN_MS = 5000;

export class LeanBridge {
  private provider: ClientProvider | undefined;
  private current: BridgeState = "not active yet";
  private looked = -Infinity;

  constructor(
    private readonly log: (message: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  get state(): BridgeState {
    return this.current;
  }

  /** Whether goals can be had now. If not, look again, off the caller's path. */
  isReady(): boolean {
    if (this.current !== "ready" && this.now() - this.looked >= LOOK_AGAIN_MS) {
      void this.probe();
    }
    return this.current === "ready";
  }

  /** Look for the extension's clients. Does not activate it: it activates itself for Lean files. */
  async probe(): Promise<void> {
    this.looked = this.now();
    const found = extensions.getExtension<unknown>(LEAN_EXTENSION);
    if (found === undefined) {
      this.become("no Lean 4 extension");
    } else if (!found.isActive) {
      this.become("not active yet");
    } else {
      this.provider = await providerIn(found.exports);
      this.become(this.provider === undefined ? "unknown version" : "ready");
    }
  }

  /** Goals at a place; undefined where the user's Lean can't say. */
  async goalsAt(
    uri: Uri,
    position: WirePosition,
    token?: CancellationToken,
  ): Promise<GoalsResult | undefined> {
    const client = this.clientFor(uri.fsPath);
    if (client === undefined) {
      return undefined;
    }
    const params = { textDocument: { uri: uri.toString() }, position };
    try {
      return goalsIn(await client.sendRequest("$/lean/plainGoal", params, token));
    } catch (error) {
      this.log(`the Lean 4 extension gave no goals: ${String(error)}`);
      return undefined;
    }
  }

  /** The client of the innermost project that holds a file. */
  private clientFor(file: string): LeanClient | undefined {
    try {
      const clients = this.provider?.getClients() ?? [];
      return clients
        .filter((client) => client.isRunning?.() !== false && holds(client, file))
        .sort((one, other) => depth(other) - depth(one))[0];
    } catch (error) {
      this.log(`the Lean 4 extension's clients can't be read: ${String(error)}`);
      this.become("unknown version");
      this.provider = undefined;
      return undefined;
    }
  }

  private become(state: BridgeState): void {
    if (state !== this.current) {
      this.log(`goals from the Lean 4 extension: ${state}`);
    }
    this.current = state;
  }
}

async function providerIn(exports: unknown): Promise<ClientProvider | undefined> {
  const features: unknown = (exports as { lean4EnabledFeatures?: unknown } | undefined)
    ?.lean4EnabledFeatures;
  const soon = Promise.resolve(features).catch(() => undefined);
  // The promise stays open while that extension waits for a Lean installation.
  const never = new Promise<undefined>((resolve) => setTimeout(resolve, 2000, undefined));
  const ready = (await Promise.race([soon, never])) as { clientProvider?: unknown } | undefined;
  const provider = ready?.clientProvider as ClientProvider | undefined;
  return typeof provider?.getClients === "function" ? provider : undefined;
}

/** What `$/lean/plainGoal` says. `null` may mean much: then our own Lean is asked. */
function goalsIn(answer: unknown): GoalsResult | undefined {
  const goals = (answer as { goals?: unknown } | null)?.goals;
  if (!Array.isArray(goals) || !goals.every((goal) => typeof goal === "string")) {
    return undefined;
  }
  if (goals.length === 0) {
    return { kind: "complete", goals: [], digest: "", reason: "" };
  }
  const wired = goals.map((text: string) => ({ target: "", hypotheses: [], text }));
  return { kind: "goals", goals: wired, digest: "", reason: "" };
}

function holds(client: LeanClient, file: string): boolean {
  const folder = client.getClientFolder().fsPath;
  return folder !== undefined && (file.startsWith(`${folder}/`) || file.startsWith(`${folder}\\`));
}

function depth(client: LeanClient): number {
  return client.getClientFolder().fsPath?.length ?? 0;
}
