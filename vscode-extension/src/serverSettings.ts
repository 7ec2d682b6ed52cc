/**
 * The settings that the server reads, as its own tables. Only what the user set is sent: a default
 * of `package.json` must not override the user's configuration file.
 */

import type { WorkspaceConfiguration } from "vscode";

import { nameOf, type Schemas } from "./config";
import { misfit, type SettingProblem } from "./settingSchema";

export type Table = Record<string, unknown>;

export interface ServerSettings {
  readonly tables: Table;
  readonly problems: readonly SettingProblem[];
}

/** What the server was given: what is changed while it starts, and can't be told it yet, is told it later. */
export class GivenSettings {
  private given = "";

  constructor(private readonly read: () => Table) {}

  /** All of them, for a server that is being started. */
  atStart(): Table {
    const tables = this.read();
    this.given = JSON.stringify(tables);
    return tables;
  }

  /** For the server that runs; undefined if it has them already. */
  changed(): Table | undefined {
    const { given } = this;
    const tables = this.atStart();
    return this.given === given ? undefined : tables;
  }
}

/** What was set, under the server's names; values that do not fit are left out and listed. */
export function serverSettings(
  schemas: Schemas,
  configuration: WorkspaceConfiguration,
): ServerSettings {
  const tables: Table = {};
  const problems: SettingProblem[] = [];
  for (const [key, schema] of Object.entries(schemas)) {
    const name = nameOf(key);
    if (!isSet(configuration, name)) {
      continue;
    }
    const value = configuration.get(name);
    const said = misfit(schema, value);
    if (said !== undefined) {
      problems.push({ key, said });
    } else if (value !== null) {
      put(tables, name.split(".").map(snakeCase), value);
    }
  }
  return { tables, problems };
}

function isSet(configuration: WorkspaceConfiguration, name: string): boolean {
  const found = configuration.inspect(name);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some(
    (value) => value !== undefined,
  );
}

/** `apiKeyEnv` → `api_key_env` */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function put(table: Table, path: readonly string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    table[first] = value;
  } else {
    put((table[first] ??= {}) as Table, rest, value);
  }
}
