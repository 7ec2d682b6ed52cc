/** Gathers what “Copy Diagnostics” tells; `diagnosticsReport.ts` turns it into text. */

import { homedir } from "node:os";
import { env, extensions, version, workspace, type ExtensionContext } from "vscode";

import { SECTION, nameOf } from "./config";
import type { DiagnosticsInput } from "./diagnosticsReport";
import { LEAN_EXTENSION, type BridgeState } from "./leanBridge";
import { manifestOf, manifestSettings } from "./manifest";
import type { Status } from "./protocol";
import type { LinkState } from "./serverLink";
import type { StatusView } from "./statusView";

/** What only the extension's own parts know. */
export interface Known {
  readonly bridge: BridgeState;
  readonly link: LinkState;
  readonly status: Status | undefined;
  readonly view: StatusView;
  readonly activationMs: number;
  readonly problems: readonly string[];
}

export function diagnosticsInput(context: ExtensionContext, known: Known): DiagnosticsInput {
  const manifest = manifestOf(context.extension);
  const lean = extensions.getExtension<unknown>(LEAN_EXTENSION);
  return {
    ...known,
    extension: manifest.version,
    editor: `${env.appName} ${version}`,
    platform: `${process.platform} ${process.arch}`,
    remote: env.remoteName,
    trusted: workspace.isTrusted,
    leanExtension: lean && manifestOf(lean).version,
    settings: settingsThatWereSet(context),
    secret: manifest.capabilities.untrustedWorkspaces.restrictedConfigurations,
    home: homedir(),
  };
}

function settingsThatWereSet(context: ExtensionContext): Record<string, unknown> {
  const { own, server } = manifestSettings(manifestOf(context.extension));
  const configuration = workspace.getConfiguration(SECTION);
  const set = [...Object.keys(own), ...Object.keys(server)].filter((key) => {
    const found = configuration.inspect(nameOf(key));
    return found?.globalValue !== undefined || found?.workspaceValue !== undefined;
  });
  return Object.fromEntries(set.map((key) => [key, configuration.get(nameOf(key))]));
}
