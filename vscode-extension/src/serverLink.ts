/**
 * The seam between everything that talks to `fd-server` and what keeps it running.
 *
 * Features (commands, ghost text, the panel) get a `ServerLink` and never see the language client.
 * An answer is a value: what the server refuses comes with what is wrong and what to do about it.
 */

import type { CancellationToken, Disposable, Event } from "vscode";

import type { Events, Requests, ServerCommand, Tells } from "./protocol";

/** What became of a request. */
export type Answer<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused"; readonly what: string; readonly fix: string }
  | { readonly kind: "movedOn" }
  | { readonly kind: "cancelled" };

/** A server that was found: what to start, and by which rule. */
export interface FoundServer {
  readonly command: string;
  readonly origin: "setting" | "workspace" | "PATH" | "private";
}

/** Where the connection stands. `fix` is a sentence for the user. */
export type LinkState =
  | { readonly kind: "stopped"; readonly why: string }
  | { readonly kind: "starting"; readonly server: FoundServer }
  | { readonly kind: "running"; readonly server: FoundServer; readonly version: string }
  | { readonly kind: "missing"; readonly what: string; readonly fix: string }
  | { readonly kind: "failed"; readonly what: string; readonly fix: string };

/** The running server, or the lack of one. */
export interface ServerLink {
  readonly state: LinkState;
  readonly onDidChangeState: Event<LinkState>;

  /** Ask; never throws, and answers `refused` while no server runs. */
  request<M extends keyof Requests>(
    method: M,
    params: Requests[M]["params"],
    token?: CancellationToken,
  ): Promise<Answer<Requests[M]["result"]>>;

  /** Tell; does nothing while no server runs. */
  tell<M extends keyof Tells>(method: M, params: Tells[M]): void;

  /** Hear an event, across restarts. */
  onEvent<M extends keyof Events>(method: M, listener: (event: Events[M]) => void): Disposable;

  /** Run one of the server's commands; it shows its own progress and messages. */
  run(command: ServerCommand, ...parameters: readonly unknown[]): Promise<Answer<unknown>>;
}
