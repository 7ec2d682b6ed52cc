/**
 * Errors of the protocol as values: what the server could not do, and what to do about it.
 */

import type { Answer } from "./serverLink";

const CONTENT_MODIFIED = -32801;
const CANCELLED = new Set([-32800, -32802]);

interface ProtocolError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly data?: { readonly what?: unknown; readonly fix?: unknown } | null;
}

/** Wait for an answer; a refusal is a value, too. */
export async function answerFrom<T>(asked: Promise<unknown>): Promise<Answer<T>> {
  try {
    return { kind: "answered", value: (await asked) as T };
  } catch (error) {
    return refusal(error as ProtocolError);
  }
}

function isWords(text: unknown): text is string {
  return typeof text === "string" && text !== "";
}

function refusal(error: ProtocolError): Answer<never> {
  if (error.code === CONTENT_MODIFIED) {
    return { kind: "movedOn" };
  }
  if (typeof error.code === "number" && CANCELLED.has(error.code)) {
    return { kind: "cancelled" };
  }
  const { what, fix } = error.data ?? {};
  return {
    kind: "refused",
    what: [what, error.message, "the request failed"].find(isWords) ?? "",
    fix: isWords(fix) ? fix : "Run “FD Prover: Show Log”.",
  };
}
