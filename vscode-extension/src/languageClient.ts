/**
 * `fd-server` behind `vscode-languageclient`, as the `ProtocolClient` that `client.ts` asks for.
 *
 * The one module that loads the language client. It never restarts by itself and never pops up a
 * message of its own: `client.ts` decides what becomes of a server, and says so once.
 */

import { createInterface } from "node:readline";
import type { LogOutputChannel } from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type LanguageClientOptions,
  type Middleware,
} from "vscode-languageclient/node";

import { COMMAND_SUFFIX, EVENTS, type ProtocolClient } from "./client";
import type { FoundServer } from "./serverLink";
import { endServer, endingOf, startServer, type ServerProcess } from "./serverProcess";
import type { Table } from "./serverSettings";

export const DOCUMENTS = [
  { scheme: "file", language: "lean4" },
  { scheme: "file", language: "lean" },
];

export interface StartOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly trusted: boolean;
  readonly warm: "edit" | "open";
  readonly settings: Table;
  readonly middleware: Middleware;
  readonly log: LogOutputChannel;
  readonly trace: LogOutputChannel;
}

/** Start a server and greet it. Rejects with words. */
export async function startClient(server: FoundServer, options: StartOptions): Promise<ProtocolClient> {
  const process = await startServer(server.command, options.cwd);
  const lastWords = followStderr(process, options.log);
  let broken: string | undefined;
  let gone: (how: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => (gone = resolve));
  const started = (): Promise<typeof process.child> => {
    process.child.stdout.once("data", (chunk: Buffer) => {
      if (!beginsLikeHeader(chunk)) {
        end(`it does not speak the protocol, but says “${firstLine(chunk)}”`);
      }
    });
    return Promise.resolve(process.child);
  };
  const end = (why: string): void => {
    broken ??= why;
    process.child.kill("SIGKILL");
  };
  const client = new LanguageClient("fd-prover", "FD Prover", started, {
    ...clientOptions(options),
    errorHandler: {
      // What can't be read once leaves the reader out of step: ended at once, `closed` follows.
      error: (error, unwritten) => {
        options.log.error(`connection: ${error.message}`);
        // What can't be written has no reader any more: how it ended says why.
        if (unwritten === undefined) end(`it does not speak the protocol (${error.message.slice(0, 200)})`);
        return { action: ErrorAction.Continue, handled: true };
      },
      closed: async () => {
        const how = await endOf(process);
        gone(broken ?? how);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  });
  const events = new EarlyEvents(client);
  try {
    await withinTime(client.start(), process, options.timeoutMs);
  } catch (error) {
    const how = error instanceof Late ? undefined : await endingOf(process);
    await endServer(process);
    const said = lastWords();
    const what = broken ?? (how === undefined ? (error as Error).message : `it ended: ${how}`);
    throw new Error(`${what}${said === "" ? "" : ` (its last words: ${said})`}`);
  }
  return adapted(client, process, { closed, gone, events });
}

/** What the server tells before anybody listens: the last of each kind is kept. */
class EarlyEvents {
  private readonly early = new Map<string, unknown>();
  private readonly listeners = new Map<string, (params: unknown) => void>();

  constructor(client: LanguageClient) {
    for (const method of EVENTS) {
      client.onNotification(method, (params: unknown) => {
        const listener = this.listeners.get(method);
        if (listener === undefined) {
          this.early.set(method, params);
        } else {
          listener(params);
        }
      });
    }
  }

  listen(method: string, listener: (params: unknown) => void): void {
    this.listeners.set(method, listener);
    if (this.early.has(method)) {
      listener(this.early.get(method));
      this.early.delete(method);
    }
  }
}

function beginsLikeHeader(chunk: Buffer): boolean {
  const header = "content-";
  return header.startsWith(chunk.toString("latin1", 0, header.length).toLowerCase());
}

function firstLine(chunk: Buffer): string {
  return (chunk.toString("utf8").trim().split("\n")[0] ?? "").slice(0, 120);
}

function clientOptions(options: StartOptions): LanguageClientOptions {
  return {
    documentSelector: DOCUMENTS,
    outputChannel: options.log,
    traceOutputChannel: options.trace,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    initializationOptions: {
      commandSuffix: COMMAND_SUFFIX,
      trusted: options.trusted,
      warm: options.warm,
      settings: options.settings,
    },
    middleware: options.middleware,
    // stderr is followed by ourselves, line by line, under its own levels.
    stdioOptions: { stdout: () => undefined, stderr: () => undefined },
  };
}

class Late extends Error {}

async function withinTime(
  started: Promise<void>,
  process: ServerProcess,
  timeoutMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const said = `it did not answer within ${timeoutMs / 1000} s`;
    timer = setTimeout(() => reject(new Late(said)), timeoutMs);
  });
  const died = process.ended.then((how) => Promise.reject(new Error(`it ended: ${how}`)));
  try {
    await Promise.race([started, late, died]);
  } finally {
    clearTimeout(timer);
    died.catch(() => undefined);
    started.catch(() => undefined);
  }
}

interface Life {
  readonly closed: Promise<string>;
  readonly gone: (how: string) => void;
  readonly events: EarlyEvents;
}

function adapted(
  client: LanguageClient,
  process: ServerProcess,
  { closed, gone, events }: Life,
): ProtocolClient {
  const info = client.initializeResult?.serverInfo;
  return {
    info: { name: info?.name ?? "", version: info?.version ?? "?" },
    closed,
    // An undefined token would make the client send both as a list.
    request: (method, params, token) =>
      token === undefined ? client.sendRequest(method, params) : client.sendRequest(method, params, token),
    notify: (method, params) => void client.sendNotification(method, params).catch(() => undefined),
    onNotification: (method, listener) => events.listen(method, listener),
    stop: async () => {
      await client.dispose().catch(() => undefined);
      await endServer(process);
      gone("it was stopped");
    },
  };
}

async function endOf(process: ServerProcess): Promise<string> {
  const how = (await endingOf(process)) ?? "the connection broke";
  await endServer(process);
  return how;
}

/** Write its stderr to the log; returns what gives its last line. */
function followStderr(process: ServerProcess, log: LogOutputChannel): () => string {
  let last = "";
  createInterface({ input: process.child.stderr }).on("line", (line) => {
    if (line.trim() !== "") {
      last = line.trim();
      log.info(`[server] ${line}`);
    }
  });
  return () => last.slice(0, 300);
}
