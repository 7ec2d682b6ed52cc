/**
 * The first question to a server that was started: is it ours, does it answer, in our protocol?
 *
 * Asked before anybody else may ask. A server that breaks or hangs here was not started, and is not
 * taken for one that is too old.
 */

import type { ProtocolClient, ServerInfo } from "./client";
import { PROTOCOL_VERSION } from "./protocol";
import { answerFrom } from "./refusals";
import type { Answer, FoundServer, LinkState } from "./serverLink";
import { within } from "./within";

const METHOD_NOT_FOUND = -32601;
/** A question that fails because the server ends: how it ended is known within this time. */
const ENDS_MS = 2000;

type Failed = LinkState & { readonly kind: "failed" };
type Status = { readonly protocol?: number } | null;
export type Greeted = Failed | { readonly kind: "fits"; readonly status: Status };

/** Greet it, within what is left of its time to start. */
export async function greet(server: FoundServer, client: ProtocolClient, limitMs: number): Promise<Greeted> {
  if (client.info.name !== "fd-server") {
    const what = `${server.command} answers as “${client.info.name || "nobody"}”, not as fd-server.`;
    return { kind: "failed", what, fix: "Correct fd-prover.server.path." };
  }
  const answer = await within(limitMs, firstAnswer(client));
  if (answer === undefined) {
    const limit = "the time it has to start (fd-prover.server.startTimeout)";
    return notStarted(server, `it was greeted, and then did not say how it is within ${limit}.`);
  }
  if (answer.kind !== "answered") {
    const what = answer.kind === "refused" ? answer.what : answer.kind;
    return notStarted(server, (await endOf(client)) ?? `it can't say how it is (${what})`);
  }
  return misfit(server, client.info, answer.value) ?? { kind: "fits", status: answer.value };
}

/** A server that could not be started, with words on why. */
export function notStarted(server: FoundServer, why: string): Failed {
  return { kind: "failed", what: `${server.command}: ${why}`, fix: "Run “FD Prover: Show Log”; then restart the server." };
}

/** How it is, or how it ended, whichever comes first; a server that knows no such question is an old one. */
function firstAnswer(client: ProtocolClient): Promise<Answer<Status>> {
  const asked = client.request("fd/getStatus", {}).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === METHOD_NOT_FOUND) {
      return null;
    }
    throw error;
  });
  const ended = client.closed.then((): Answer<Status> => ({ kind: "refused", what: "it ended", fix: "" }));
  return Promise.race([answerFrom<Status>(asked), ended]);
}

async function endOf(client: ProtocolClient): Promise<string | undefined> {
  const how = await within(ENDS_MS, client.closed);
  return how === undefined ? undefined : `it ended: ${how}`;
}

/** Does it speak our protocol? */
function misfit(server: FoundServer, info: ServerInfo, status: Status): Failed | undefined {
  const theirs = status?.protocol ?? 0;
  if (theirs === PROTOCOL_VERSION) {
    return undefined;
  }
  const isOld = theirs < PROTOCOL_VERSION;
  return {
    kind: "failed",
    what:
      `fd-server ${info.version} (${server.command}) is too ${isOld ? "old" : "new"}: ` +
      `it speaks protocol ${theirs}, and this extension ${PROTOCOL_VERSION}.`,
    fix: isOld
      ? "Update it (pip install -U fd-prover), or run “FD Prover: Install the Server”."
      : "Update the extension, or set fd-prover.server.path to an older fd-server.",
  };
}
