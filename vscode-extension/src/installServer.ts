/** “Install the Server”: asks, shows size and progress, can be cancelled, says what came of it. */

import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import * as path from "node:path";
import { ProgressLocation, window, type ExtensionContext, type LogOutputChannel } from "vscode";

import type { Config } from "./config";
import { findPython } from "./findPython";
import { manifestOf } from "./manifest";
import { SIZE_MB, environmentFolder, install, isComplete, type Installed } from "./privateEnvironment";

export class ServerInstallation {
  private running = false;

  constructor(
    private readonly context: ExtensionContext,
    private readonly config: Config,
    private readonly log: LogOutputChannel,
  ) {}

  /** The private environment of this version of the extension. */
  get folder(): string {
    const { version } = manifestOf(this.context.extension);
    return environmentFolder(this.context.globalStorageUri.fsPath, version);
  }

  get isThere(): boolean {
    return isComplete(this.folder);
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
      if (done.kind === "installed") {
        await this.removeAll((name) => name !== path.basename(this.folder)); // of older versions
      }
      return done.kind === "installed";
    } finally {
      this.running = false;
    }
  }

  /** Delete every private environment. */
  remove(): Promise<void> {
    return this.removeAll(() => true);
  }

  private async removeAll(isUnwanted: (name: string) => boolean): Promise<void> {
    const storage = this.context.globalStorageUri.fsPath;
    const names = existsSync(storage) ? readdirSync(storage) : [];
    for (const name of names.filter((each) => each.startsWith("server-") && isUnwanted(each))) {
      await rm(path.join(storage, name), { recursive: true, force: true });
    }
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
        folder: this.folder,
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
