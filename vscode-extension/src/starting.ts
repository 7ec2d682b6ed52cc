/** From settings and surroundings to a running server: what `client.ts` is given to work with. */

import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { window, workspace, type ExtensionContext, type LogOutputChannel } from "vscode";
import type { Middleware } from "vscode-languageclient/node";

import type { Parts } from "./client";
import type { Config } from "./config";
import { resolveServer, type Surroundings } from "./resolveServer";
import { RestartPolicy } from "./restartPolicy";
import type { FoundServer } from "./serverLink";
import type { Table } from "./serverSettings";

export interface Starting {
  readonly context: ExtensionContext;
  readonly config: Config;
  /** The settings that the server reads, as they are at the moment. */
  readonly settings: () => Table;
  readonly log: LogOutputChannel;
  readonly trace: () => LogOutputChannel;
  readonly middleware: () => Middleware;
  /** Folder of the private environment, and whether it is whole. */
  readonly environment: () => { readonly folder: string; readonly isThere: boolean };
  /** Nobody may remove what this server runs from. */
  readonly uses: (server: FoundServer) => Promise<void>;
}

export function connectionParts(starting: Starting): Parts {
  const { context, config, log } = starting;
  const cwd = context.globalStorageUri.fsPath;
  return {
    resolve: () => resolveServer(surroundings(starting)),
    start: async (server) => {
      mkdirSync(cwd, { recursive: true });
      await starting.uses(server);
      // Loaded with the first server, not with the extension.
      const { startClient } = await import("./languageClient");
      return startClient(server, {
        cwd,
        timeoutMs: config.serverStartTimeoutMs,
        trusted: workspace.isTrusted,
        warm: config.serverWarm,
        settings: starting.settings(),
        middleware: starting.middleware(),
        log,
        trace: starting.trace(),
      });
    },
    startTimeoutMs: () => config.serverStartTimeoutMs,
    restarts: new RestartPolicy(),
    tell: (message) => void window.showWarningMessage(message),
    log: (message) => log.info(message),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  };
}

function surroundings(starting: Starting): Surroundings {
  const { folder, isThere } = starting.environment();
  const env = process.env;
  return {
    setting: starting.config.serverPath,
    folders: (workspace.workspaceFolders ?? [])
      .filter((each) => each.uri.scheme === "file")
      .map((each) => each.uri.fsPath),
    trusted: workspace.isTrusted,
    searchPath: env["PATH"] ?? env["Path"] ?? "",
    privateEnvironment: folder,
    home: homedir(),
    platform: process.platform,
    isExecutable: (file) => (isThere || !file.startsWith(folder)) && isExecutable(file),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
