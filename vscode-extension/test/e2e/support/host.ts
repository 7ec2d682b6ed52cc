/**
 * One running workbench server with our packaged extension in it: fresh folders, an own process
 * group, and nothing left behind.
 */

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { endGroup, runKept, startKept, type Kept } from "./kept";
import { codeServer, DATA, leanKind, RECORDINGS, SERVER } from "./places";

const run = promisify(execFile);

/** What may differ from the usual host. */
export interface HostOptions {
  /** Extensions to install; default: none. */
  readonly vsix?: readonly string[];
  /** A folder of extensions that are installed already; it is copied. */
  readonly extensions?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Ask for workspace trust, as a desktop does. */
  readonly asksForTrust?: boolean;
  /** Environment on top of ours; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const QUIET: Readonly<Record<string, unknown>> = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "files.hotExit": "off",
  "files.autoSave": "off",
  "git.enabled": false,
  "window.restoreWindows": "none",
  "security.workspace.trust.banner": "never",
  "editor.minimap.enabled": false,
  "terminal.integrated.gpuAcceleration": "off", // its text stands in the page
  "fd-prover.server.path": SERVER,
  // What is tested is what happens, not how fast: a busy machine gets the time it needs.
  "fd-prover.suggest.firstS": 6,
  "fd-prover.suggest.budgetS": 12,
  "fd-prover.lean.candidateS": 20,
};

/** Put a package into a folder of extensions. */
export async function install(vsix: string, folders: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  await runKept([...serverMain(), ...folders, "--accept-server-license-terms", "--install-extension", vsix], environment);
}

/** VS Code's own server, without what code-server wraps around it; Node's flags reach its extension hosts, too. */
function serverMain(): string[] {
  const main = join(codeServer(), "lib", "vscode", "out", "server-main.js");
  return ["--require", join(import.meta.dirname, "spdlog.cjs"), main];
}

/** A workbench server that runs. */
export class Host {
  private known: { readonly stamp: string; readonly events: StoredEvent[] } | undefined;

  private constructor(
    readonly scratch: string,
    readonly port: number,
    private readonly child: Kept,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Install, start, and wait until it listens. */
  static async start(options: HostOptions = {}): Promise<Host> {
    const scratch = mkdtempSync(join(tmpdir(), "fd-e2e-"));
    const [user, extensions] = [join(scratch, "user"), join(scratch, "extensions")];
    for (const kind of ["User", "Machine"]) {
      mkdirSync(join(user, kind), { recursive: true });
      writeFileSync(join(user, kind, "settings.json"), JSON.stringify({ ...QUIET, ...options.settings }));
    }
    const environment = environmentOf(scratch, options.environment ?? {});
    const folders = ["--user-data-dir", user, "--extensions-dir", extensions, "--server-data-dir", join(scratch, "server")];
    if (options.extensions !== undefined) cpSync(options.extensions, extensions, { recursive: true });
    for (const vsix of options.vsix ?? []) await install(vsix, folders, environment);
    const port = await freePort();
    const trust = options.asksForTrust ? [] : ["--disable-workspace-trust"];
    const flags = ["--without-connection-token", "--accept-server-license-terms", "--telemetry-level", "off", ...trust];
    const where = ["--host", "127.0.0.1", "--port", String(port)];
    const child = startKept([...serverMain(), ...where, ...folders, ...flags], environment);
    await listens(child);
    return new Host(scratch, port, child, environment);
  }

  /** Where a workspace of this name is, or will be. */
  folder(name: string): string {
    return join(this.scratch, "workspaces", name);
  }

  /** A fresh copy of a folder of test data, under a name of its own. */
  workspace(name: string, data = "project"): string {
    const folder = this.folder(name);
    cpSync(join(DATA, data), folder, { recursive: true });
    return folder;
  }

  /** Where one folder (or .code-workspace file) with one open file is served. */
  url(folder: string, file?: string): string {
    const here = `127.0.0.1:${String(this.port)}`;
    const query = new URLSearchParams({ [folder.endsWith(".code-workspace") ? "workspace" : "folder"]: folder });
    if (file) query.set("payload", JSON.stringify([["openFile", `vscode-remote://${here}${file}`]]));
    return `http://${here}/?${query.toString()}`;
  }

  /** What the extension wrote to its log, in all windows so far. */
  log(): string {
    const files = readdirSync(this.scratch, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("FD Prover.log"));
    return files.map((name) => readFileSync(join(this.scratch, name), "utf8")).join("");
  }

  /** What is in the event store. It is exported anew only if something was written since. */
  async records(): Promise<StoredEvent[]> {
    const stamp = stampOf(join(this.scratch, "data"));
    if (this.known?.stamp !== stamp) this.known = { stamp, events: await this.exported() };
    return this.known.events;
  }

  /** As `fd-server events export` tells it. */
  private async exported(): Promise<StoredEvent[]> {
    try {
      const { stdout } = await run(SERVER, ["events", "export", "--json"], { env: this.environment, maxBuffer: 1 << 26 });
      return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line) as StoredEvent);
    } catch (error) {
      if (String((error as { stdout?: string }).stdout).includes("nothing is recorded yet")) return [];
      throw error;
    }
  }

  /** Our fd-servers, by their environment: nobody else's. */
  servers(): number[] {
    const ours = `FD_DATA_DIR=${join(this.scratch, "data")}`;
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      try {
        const command = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8");
        return command.includes("fd-server") && readFileSync(`/proc/${String(pid)}/environ`, "utf8").includes(ours);
      } catch {
        return false;
      }
    });
  }

  /** End the whole process group and forget its folders. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      endGroup(this.child, "SIGTERM");
      const timer = setTimeout(() => endGroup(this.child, "SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    }
    endGroup(this.child, "SIGKILL"); // whom the leader has left behind
    for (const pid of this.servers()) process.kill(pid, "SIGKILL");
    if (!process.env["FD_E2E_KEEP"]) rmSync(this.scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

export interface StoredEvent {
  readonly sequence: number;
  readonly kind: "SuggestionOffered" | "SuggestionResolved" | "SuggestionSurvived" | "ProofObserved" | "SourceSeen";
  readonly event: {
    readonly suggestion_id: string;
    readonly uri?: string;
    readonly candidate?: string;
    readonly surface?: string;
    readonly verdict?: string;
    readonly decision?: { readonly kind: string; readonly text?: string; readonly reason?: string; readonly partial?: boolean };
  };
}

function environmentOf(scratch: string, more: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const data = join(scratch, "data");
  const recording = process.env["FD_RECORD_LEAN"];
  const lean = leanKind() === "live" ? {} : { FD_RECORDED_LEAN: RECORDINGS.join(delimiter) };
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    EXTENSIONS_GALLERY: "{}",
    FD_DATA_DIR: data,
    FD_CONFIG: join(scratch, "config.toml"),
    FD_CACHE_DIR: join(scratch, "cache"),
    ...(recording ? { FD_RECORD_LEAN: recording } : {}),
    ...lean,
    ...more,
  };
  for (const [name, value] of Object.entries(environment)) if (value === undefined) delete environment[name];
  // Set by the test runner, and meant for it alone.
  for (const name of ["NODE_OPTIONS", "VITEST", "NODE_ENV"]) delete environment[name];
  return environment;
}

/** Changes when a file of a folder is written; a reader's own index (`-shm`) does not count. */
function stampOf(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).sort() : [];
  const stamps = files.filter((name) => !name.endsWith("-shm")).map((name) => {
    const about = statSync(join(folder, name), { throwIfNoEntry: false });
    return `${name} ${String(about?.size)} ${String(about?.mtimeMs)}`;
  });
  return stamps.join("\n");
}

function listens(child: Kept): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const heard = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes("Extension host agent listening")) resolve();
    };
    child.stdout.on("data", heard);
    child.stderr.on("data", heard);
    child.once("exit", (status) => reject(new Error(`the workbench ended with ${String(status)}: ${said.slice(-2000)}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
