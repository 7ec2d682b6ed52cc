/**
 * The extension's settings: one accessor each. A value of the wrong type counts as not set, and is
 * listed in `problems`. What only the server reads is in `serverSettings.ts`.
 */

import type { WorkspaceConfiguration } from "vscode";

import { misfit, type SettingProblem, type SettingSchema } from "./settingSchema";

export const SECTION = "fd-prover";

export type Schemas = Readonly<Record<string, SettingSchema>>;

export class Config {
  constructor(
    private readonly schemas: Schemas,
    private readonly read: () => WorkspaceConfiguration,
  ) {}

  /** `fd-prover.enable` */
  get enabled(): boolean {
    return this.value("enable");
  }
  /** `fd-prover.server.path`; empty: look for it */
  get serverPath(): string {
    return this.value("server.path");
  }
  /** `fd-prover.server.startTimeout`, in milliseconds */
  get serverStartTimeoutMs(): number {
    return 1000 * this.value<number>("server.startTimeout");
  }
  /** `fd-prover.server.warm` */
  get serverWarm(): "edit" | "open" {
    return this.value("server.warm");
  }
  /** `fd-prover.python.path`; empty: look for it */
  get pythonPath(): string {
    return this.value("python.path");
  }
  /** `fd-prover.ghostText.onCursorStop` */
  get ghostTextOnCursorStop(): boolean {
    return this.value("ghostText.onCursorStop");
  }
  /** `fd-prover.ghostText.delay` */
  get ghostTextDelayMs(): number {
    return this.value("ghostText.delay");
  }
  /** `fd-prover.completion.enable` */
  get completionEnabled(): boolean {
    return this.value("completion.enable");
  }
  /** `fd-prover.quickFixes.enable` */
  get quickFixesEnabled(): boolean {
    return this.value("quickFixes.enable");
  }
  /** `fd-prover.lenses.enable` */
  get lensesEnabled(): boolean {
    return this.value("lenses.enable");
  }
  /** `fd-prover.hover.enable` */
  get hoverEnabled(): boolean {
    return this.value("hover.enable");
  }
  /** `fd-prover.goals.fromLeanExtension` */
  get goalsFromLeanExtension(): boolean {
    return this.value("goals.fromLeanExtension");
  }
  /** `fd-prover.goals.wait` */
  get goalsWaitMs(): number {
    return this.value("goals.wait");
  }

  /** Settings whose values can't be used. */
  problems(): SettingProblem[] {
    const configuration = this.read();
    return Object.entries(this.schemas).flatMap(([key, schema]) => {
      const said = misfit(schema, configuration.get(nameOf(key)));
      return said === undefined ? [] : [{ key, said }];
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- checked by schema
  private value<T>(name: string): T {
    const schema = this.schemas[`${SECTION}.${name}`] ?? {};
    const given: unknown = this.read().get(name);
    return (misfit(schema, given) === undefined ? given : schema.default) as T;
  }
}

/** `fd-prover.lean.threads` → `lean.threads` */
export function nameOf(key: string): string {
  return key.slice(SECTION.length + 1);
}
