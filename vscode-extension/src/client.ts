/**
 * The connection to `fd-server`: finds it, starts it, starts it again when it ends by itself, and
 * stops it. Every change of state goes through one queue, so that two never overlap.
 *
 * Knows the language client only as a `ProtocolClient`, which tests replace.
 */

import { EventEmitter, type CancellationToken, type Disposable } from "vscode";

import { greet, notStarted } from "./greeting";
import { Heartbeat } from "./heartbeat";
import type { Events, Requests, ServerCommand, Tells } from "./protocol";
import { answerFrom } from "./refusals";
import type { Resolution } from "./resolveServer";
import type { RestartPolicy } from "./restartPolicy";
import type { Answer, FoundServer, LinkState, ServerLink } from "./serverLink";

/** Appended to the server's command ids: another client of the same server may be in this window. */
export const COMMAND_SUFFIX = ".vscode";

/** What the server tells without being asked. */
export const EVENTS = ["fd/candidates", "fd/searchEvent", "fd/status"] as const satisfies readonly (keyof Events)[];

/** What the server says of itself at `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** One started server with its protocol. */
export interface ProtocolClient {
  readonly info: ServerInfo;
  /** Resolves when the connection is gone, stopped or not, with words on how. */
  readonly closed: Promise<string>;
  request(method: string, params: unknown, token?: CancellationToken): Promise<unknown>;
  notify(method: string, params: unknown): void;
  onNotification(method: string, listener: (params: unknown) => void): void;
  stop(): Promise<void>;
}

/** What the connection needs of the rest. */
export interface Parts {
  resolve(): Resolution;
  /** Start it; rejects with words if it can't be reached in time. */
  start(server: FoundServer): Promise<ProtocolClient>;
  /** What it may take until it has been started and has answered its first question. */
  startTimeoutMs(): number;
  readonly restarts: RestartPolicy;
  /** Tell the user, once for each text. */
  tell(message: string): void;
  log(message: string): void;
  sleep(milliseconds: number): Promise<void>;
}

type Listener = (params: unknown) => void;

export class Connection implements ServerLink, Disposable {
  private current: LinkState = { kind: "stopped", why: "not started yet" };
  private client: ProtocolClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private wanted = 0;
  private readonly changed = new EventEmitter<LinkState>();
  private readonly listeners = new Map<string, Set<Listener>>();
  readonly onDidChangeState = this.changed.event;

  constructor(private readonly parts: Parts) {}

  get state(): LinkState {
    return this.current;
  }

  /** Start, or start anew. Asked for again while one waits, it is done once. */
  restart(): Promise<void> {
    this.parts.restarts.forget();
    const ticket = ++this.wanted;
    return this.enqueue(async () => {
      if (ticket === this.wanted) {
        await this.down();
        await this.up();
      }
    });
  }

  /** Stop, and stay so until `restart`. */
  stop(why: string): Promise<void> {
    this.wanted++;
    return this.enqueue(async () => {
      await this.down();
      this.become({ kind: "stopped", why });
    });
  }

  dispose(): void {
    void this.stop("the window closes");
  }

  async request<M extends keyof Requests>(
    method: M,
    params: Requests[M]["params"],
    token?: CancellationToken,
  ): Promise<Answer<Requests[M]["result"]>> {
    return this.ask(method, params, token);
  }

  run(command: ServerCommand, ...parameters: readonly unknown[]): Promise<Answer<unknown>> {
    const params = { command: command + COMMAND_SUFFIX, arguments: parameters };
    return this.ask("workspace/executeCommand", params);
  }

  tell<M extends keyof Tells>(method: M, params: Tells[M]): void {
    this.notify(method, params);
  }

  /** A notification of LSP's own. */
  notify(method: string, params: unknown): void {
    this.client?.notify(method, params);
  }

  onEvent<M extends keyof Events>(method: M, listener: (event: Events[M]) => void): Disposable {
    const known = this.listeners.get(method) ?? new Set();
    this.listeners.set(method, known.add(listener as Listener));
    return { dispose: () => void known.delete(listener as Listener) };
  }

  private async ask<T>(method: string, params: unknown, token?: CancellationToken): Promise<Answer<T>> {
    if (this.client === undefined) {
      return { kind: "refused", ...whyNot(this.current) };
    }
    return answerFrom<T>(this.client.request(method, params, token));
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((error: unknown) => {
      this.become({ kind: "failed", what: String(error), fix: "Run “FD Prover: Restart Server”." });
    });
    return this.queue;
  }

  private async down(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.stop();
  }

  private async up(): Promise<void> {
    const found = this.parts.resolve();
    if (found.kind === "missing") {
      this.become(found);
      return;
    }
    const { server } = found;
    this.become({ kind: "starting", server });
    this.parts.log(`starting ${server.command} (found by: ${server.origin})`);
    const deadline = Date.now() + this.parts.startTimeoutMs();
    let client: ProtocolClient;
    try {
      client = await this.parts.start(server);
    } catch (error) {
      this.become(notStarted(server, error instanceof Error ? error.message : String(error)));
      return;
    }
    const greeted = await greet(server, client, deadline - Date.now());
    if (greeted.kind === "failed") {
      await client.stop();
      this.become(greeted);
      return;
    }
    this.client = client;
    this.become({ kind: "running", server, version: client.info.version });
    this.listen(client);
    this.hear("fd/status", greeted.status);
    const heartbeat = new Heartbeat(
      () => client.request("fd/getStatus", {}),
      () => {
        this.ended(client, "it no longer answered");
        void client.stop();
      },
    );
    void client.closed.then((how) => {
      heartbeat.stop();
      this.ended(client, how);
    });
  }

  private listen(client: ProtocolClient): void {
    for (const method of EVENTS) {
      client.onNotification(method, (params) => this.hear(method, params));
    }
  }

  private hear(method: string, params: unknown): void {
    if (typeof params === "object" && params !== null) {
      for (const listener of this.listeners.get(method) ?? []) {
        listener(params);
      }
    }
  }

  private ended(client: ProtocolClient, how: string): void {
    if (this.client !== client) {
      return; // we stopped it ourselves
    }
    this.client = undefined;
    this.parts.log(`fd-server ended: ${how}`);
    const verdict = this.parts.restarts.ended();
    if (verdict.kind === "give up") {
      const what = `fd-server ended ${verdict.times} times within minutes (${how}).`;
      this.become({ kind: "failed", what, fix: "Run “FD Prover: Show Log”; then restart the server." });
      this.parts.tell(`FD Prover: ${what} It is not started again by itself.`);
      return;
    }
    this.become({ kind: "stopped", why: `it ended (${how}) and is being started again` });
    if (verdict.isFirst) {
      this.parts.tell(`FD Prover: fd-server ended (${how}) and was started again.`);
    }
    const ticket = ++this.wanted;
    void this.enqueue(async () => {
      await this.parts.sleep(verdict.afterMs);
      if (ticket === this.wanted) {
        await this.up();
      }
    });
  }

  private become(state: LinkState): void {
    this.current = state;
    if (state.kind === "failed" || state.kind === "missing") {
      this.parts.log(`${state.what} ${state.fix}`);
    }
    this.changed.fire(state);
  }
}

function whyNot(state: LinkState): { what: string; fix: string } {
  switch (state.kind) {
    case "missing":
    case "failed":
      return { what: state.what, fix: state.fix };
    case "stopped":
      return { what: `fd-server does not run: ${state.why}.`, fix: "Run “FD Prover: Restart Server”." };
    default:
      return { what: "fd-server is starting.", fix: "Try again in a moment." };
  }
}
