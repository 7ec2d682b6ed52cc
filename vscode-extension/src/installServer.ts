/** “Install the Server”: asks, shows size and progress, can be cancelled, says what came of it. */

import { readdirSync } from "node:fs";
import * as path from "node:path";
import { ProgressLocation, window, type ExtensionContext, type LogOutputChannel } from "vscode";

import type { Config } from "./config";
import { Environments } from "./environments";
import { findPython } from "./findPython";
import { manifestOf } from "./manifest";
import { SIZE_MB, install, type Installed } from "./privateEnvironment";
import type { FoundServer } from "./serverLink";

export class ServerInstallation {
  private running = false;

  private readonly environments: Environments;

  constructor(
    private readonly context: ExtensionContext,
    private readonly config: Config,
    private readonly log: LogOutputChannel,
  ) {
    this.environments = new Environments(context.globalStorageUri.fsPath, manifestOf(context.extension).version);
  }

  /** The private environment for this version of the extension. */
  get present(): Environments["present"] {
    return this.environments.present;
  }

  /** A server is about to be started: what it runs from stays, whoever installs another one. */
  uses({ origin, command }: FoundServer): Promise<void> {
    const folder = origin === "private" ? path.dirname(path.dirname(command)) : undefined;
    return this.orLog(this.environments.use(folder));
  }

  /** Remove the environments that nobody uses any more. */
  tidy(): Promise<void> {
    return this.orLog(this.environments.tidy());
  }

  /** Ask, and install; true if a server is there afterwards. */
  async offer(): Promise<boolean> {
    const yes = "Install";
    const asked = await window.showInformationMessage(
      `FD Prover needs its server: about ${SIZE_MB} MB in an environment of its own, from your Python package index. Nothing else on this machine is changed.`,
      yes,
      "Not now",
    );
    return asked === yes && (await this.install());
  }

  async install(): Promise<boolean> {
    if (this.running) {
      void window.showInformationMessage("FD Prover: the installation is already running.");
      return false;
    }
    this.running = true;
    try {
      const done = await this.withProgress();
      if (done.kind === "failed") {
        this.log.error(`installation: ${done.what}`);
        void window.showErrorMessage(`FD Prover could not be installed: ${done.what} ${done.fix}`);
      }
      return done.kind === "installed";
    } finally {
      this.running = false;
    }
  }

  /** Delete every private environment. */
  remove(): Promise<void> {
    return this.environments.discardAll();
  }

  /** Without it a server can be started all the same. */
  private async orLog(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.log.warn(`private environments: ${String(error)}`));
  }

  private async withProgress(): Promise<Installed> {
    const wheel = this.wheel();
    const cwd = this.context.extensionUri.fsPath;
    const python = await findPython(this.config.pythonPath, cwd);
    if (wheel === undefined) {
      const fix = "Install it yourself: pip install fd-prover; or take a complete .vsix (make extension).";
      return { kind: "failed", what: "This build of the extension brings no server.", fix };
    }
    if (python.kind === "missing") {
      return { ...python, kind: "failed" };
    }
    const options = {
      location: ProgressLocation.Notification,
      title: `FD Prover: installing the server (about ${SIZE_MB} MB, Python ${python.version})`,
      cancellable: true,
    };
    return window.withProgress(options, (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      return install({
        python: python.executable,
        wheel,
        environments: this.environments,
        signal: abort.signal,
        progress: (message) => progress.report({ message }),
        log: (line) => this.log.info(`[install] ${line}`),
      });
    });
  }

  /** The wheel inside the extension. */
  private wheel(): string | undefined {
    const folder = path.join(this.context.extensionUri.fsPath, "server");
    try {
      const name = readdirSync(folder).find((each) => each.endsWith(".whl"));
      return name === undefined ? undefined : path.join(folder, name);
    } catch {
      return undefined;
    }
  }
}
