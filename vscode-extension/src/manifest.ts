/** The extension's own `package.json`, as far as the code reads it. */

import type { Extension } from "vscode";

import type { Schemas } from "./config";

export interface Manifest {
  readonly version: string;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: { readonly configuration: readonly { readonly properties: Schemas }[] };
}

export function manifestOf(extension: Extension<unknown>): Manifest {
  return extension.packageJSON as Manifest;
}

/** The two halves of `contributes.configuration`: the first category is the extension's own. */
export interface ManifestSettings {
  readonly own: Schemas;
  readonly server: Schemas;
}

export function manifestSettings({ contributes }: Manifest): ManifestSettings {
  const [own, ...server] = contributes.configuration.map((each) => each.properties);
  return { own: own ?? {}, server: Object.assign({}, ...server) as Schemas };
}
