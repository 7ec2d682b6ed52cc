/**
 * The extension's two stages. `activate` registers what can be asked for and returns at once; then
 * the server is looked for and started, off that path. Composes; decides nothing.
 */

import * as vscode from "vscode";

import { alternativesHover } from "./alternatives";
import { Connection } from "./client";
import { registerProofCommands } from "./commands";
import { Config, SECTION } from "./config";
import { CursorStops } from "./cursorStops";
import { Decisions } from "./decisions";
import { diagnosticsReport } from "./diagnosticsReport";
import { GhostText } from "./ghostText";
import { handOver } from "./goalHandover";
import { ServerInstallation } from "./installServer";
import { LeanBridge } from "./leanBridge";
import { LANGUAGES, isLean } from "./leanDocuments";
import { LeanErrors } from "./leanErrors";
import { manifestOf, manifestSettings, type ManifestSettings } from "./manifest";
import { middleware } from "./middleware";
import { OfferedItems } from "./offered";
import { Pages } from "./pages";
import { registerPanel } from "./panel/index";
import type { Status } from "./protocol";
import { RecordsView } from "./records";
import { diagnosticsInput } from "./reporting";
import type { LinkState } from "./serverLink";
import { GivenSettings, serverSettings } from "./serverSettings";
import { connectionParts } from "./starting";
import { StatusDisplay } from "./status";
import { statusView, type StatusView } from "./statusView";
import { trigger, triggerAnew } from "./trigger";
import { Typing } from "./typing";
import { registerUpkeepCommands } from "./upkeepCommands";

/** What other extensions (and our tests) get from `activate`. */
export interface Exports {
  readonly activationMs: number;
  linkState(): LinkState;
  status(): StatusView | undefined;
}

const TOLD_MISSING = "fd-prover.toldMissing";
const READY_MS = 200;
/** Settings that only a new start of the server takes up. */
const NEEDS_RESTART = ["enable", "server.path", "server.warm"].map((name) => `${SECTION}.${name}`);

export function activate(context: vscode.ExtensionContext): Exports {
  const began = performance.now();
  const extension = new Extension(context);
  running = extension;
  extension.register();
  const activationMs = performance.now() - began;
  extension.begin(activationMs);
  return {
    activationMs,
    linkState: () => extension.connection.state,
    status: () => extension.display.view,
  };
}

export async function deactivate(): Promise<void> {
  await running?.connection.stop("the window closes");
}

let running: Extension | undefined;

class Extension {
  readonly log = vscode.window.createOutputChannel("FD Prover", { log: true });
  readonly display = new StatusDisplay();
  readonly connection: Connection;
  private readonly settings: ManifestSettings;
  private readonly config: Config;
  private readonly bridge = new LeanBridge((message) => this.log.info(message));
  private readonly offered = new OfferedItems();
  private readonly typing = new Typing();
  private readonly given = new GivenSettings(() => this.serverSettings().tables);
  private readonly installation: ServerInstallation;
  private readonly ghostText: GhostText;
  /** Asked for at every key, and dear to read: kept until it changes. */
  private configuration: vscode.WorkspaceConfiguration | undefined;
  private trace: vscode.LogOutputChannel | undefined;
  private status: Status | undefined;
  private problems: readonly string[] = [];
  private activationMs = 0;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.settings = manifestSettings(manifestOf(context.extension));
    this.config = new Config(
      this.settings.own,
      () => (this.configuration ??= vscode.workspace.getConfiguration(SECTION)),
    );
    this.installation = new ServerInstallation(context, this.config, this.log);
    this.ghostText = new GhostText({
      offered: this.offered,
      handOver: (document, position, token) =>
        handOver(
          {
            bridge: this.bridge,
            link: this.connection,
            isOn: () => this.config.goalsFromLeanExtension,
            waitMs: () => this.config.goalsWaitMs,
          },
          document,
          position,
          token,
        ),
      typingHalts: (token) => this.typing.halts(token),
      activeEditor: () => vscode.window.activeTextEditor,
      trigger,
      triggerAnew,
    });
    this.connection = new Connection(
      connectionParts({
        context,
        config: this.config,
        settings: () => this.given.atStart(),
        log: this.log,
        trace: () => (this.trace ??= vscode.window.createOutputChannel("FD Prover (trace)", { log: true })),
        middleware: () => middleware(this.config, this.ghostText, this.typing),
        environment: () => this.installation.present,
        uses: (server) => this.installation.uses(server),
      }),
    );
  }

  /** First stage: everything the user can ask for. */
  register(): void {
    const { connection, log, config } = this;
    const decisions = new Decisions(this.offered, connection);
    const pages = new Pages();
    const records = new RecordsView(connection, pages, this.context.globalStorageUri.fsPath);
    const stops = new CursorStops({
      isOn: () => config.enabled && config.ghostTextOnCursorStop && connection.state.kind === "running",
      delayMs: () => config.ghostTextDelayMs,
      trigger: () => this.ghostText.suggest(),
    });
    const hovers = vscode.languages.registerHoverProvider(
      LANGUAGES.map((language) => ({ language, scheme: "file" })),
      { provideHover: (document, position) => config.hoverEnabled ? alternativesHover(this.offered, document, position) : undefined },
    );
    this.context.subscriptions.push(
      log, this.display, connection, stops, hovers, pages, this.ghostText, { dispose: () => this.trace?.dispose() },
      ...registerProofCommands({ link: connection, decisions, pages, suggest: () => this.ghostText.suggest() }),
      ...registerUpkeepCommands({
        extensionId: this.context.extension.id,
        connection, config, installation: this.installation, records, log,
        view: () => this.view(),
        refreshStatus: () => this.refreshStatus(),
        report: () => this.report(),
      }),
    );
    registerPanel({
      context: this.context, config, link: connection, log,
      goalsFromUser: async (place) =>
        this.config.goalsFromLeanExtension && this.bridge.isReady()
          ? this.bridge.goalsAt(vscode.Uri.parse(place.uri), place.position)
          : undefined,
    });
    const errors = new LeanErrors(connection, () => config.goalsFromLeanExtension);
    this.context.subscriptions.push(errors);
    this.follow(stops, errors);
  }

  /** Second stage: the server. */
  begin(activationMs: number): void {
    this.activationMs = activationMs;
    this.problems = this.readProblems();
    this.log.info(`activated in ${activationMs.toFixed(1)} ms`);
    this.redraw();
    void this.bridge.probe();
    if (this.config.enabled) {
      void this.connection.restart().then(() => {
        void this.installation.tidy(); // ours is in use by now
        return this.offerInstallation();
      });
    } else {
      void this.connection.stop("suggestions are turned off");
    }
  }

  private follow(stops: CursorStops, errors: LeanErrors): void {
    const { connection } = this;
    this.context.subscriptions.push(
      vscode.workspace.onDidChangeTextDocument((event) => this.edited(event)),
      connection.onDidChangeState((state) => {
        this.redraw();
        this.ghostText.onServerChanged();
        if (state.kind === "running") {
          this.tellSettings();
          setTimeout(() => stops.ready(), READY_MS); // the documents are on their way to it
          errors.restarted();
        }
      }),
      connection.onEvent("fd/status", (status) => {
        this.status = status;
        this.display.updateSoon(() => this.view());
        this.ghostText.onStatus(status);
      }),
      vscode.extensions.onDidChange(() => void this.bridge.probe()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void connection.restart()),
      vscode.workspace.onDidChangeConfiguration((event) => this.reconfigure(event)),
    );
  }

  private edited(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length > 0 && isLean(event.document)) {
      this.typing.key();
      this.offered.changed(event);
    }
  }

  private reconfigure(event: vscode.ConfigurationChangeEvent): void {
    if (!event.affectsConfiguration(SECTION)) {
      return;
    }
    this.configuration = undefined;
    this.problems = this.readProblems();
    this.redraw();
    if (!this.config.enabled) {
      void this.connection.stop("suggestions are turned off");
    } else if (NEEDS_RESTART.some((key) => event.affectsConfiguration(key))) {
      void this.connection.restart();
    } else if (Object.keys(this.settings.server).some((key) => event.affectsConfiguration(key))) {
      this.tellSettings();
    }
  }

  /** A server that is still starting is told once it runs. */
  private tellSettings(): void {
    const tables = this.connection.state.kind === "running" ? this.given.changed() : undefined;
    if (tables !== undefined) {
      this.connection.notify("workspace/didChangeConfiguration", { settings: { [SECTION]: tables } });
    }
  }

  /** Said once for each version: that there is no server, and how to get one. */
  private async offerInstallation(): Promise<void> {
    const version = manifestOf(this.context.extension).version;
    const told = this.context.globalState.get(TOLD_MISSING) === version;
    if (this.connection.state.kind === "missing" && !told && this.config.serverPath === "") {
      await this.context.globalState.update(TOLD_MISSING, version);
      await vscode.commands.executeCommand("fd-prover.installServer");
    }
  }

  private redraw(): void {
    this.display.update(() => this.view());
  }

  private view(): StatusView {
    return statusView({
      enabled: this.config.enabled,
      trusted: vscode.workspace.isTrusted,
      link: this.connection.state,
      status: this.connection.state.kind === "running" ? this.status : undefined,
      problems: this.problems,
    });
  }

  /** Read once for each change: the status is drawn far more often. */
  private readProblems(): string[] {
    const found = [...this.config.problems(), ...this.serverSettings().problems];
    return found.map(({ key, said }) => `${key} ${said}`);
  }

  private serverSettings(): ReturnType<typeof serverSettings> {
    return serverSettings(this.settings.server, vscode.workspace.getConfiguration(SECTION));
  }

  private async refreshStatus(): Promise<void> {
    if (this.connection.state.kind === "running") {
      const answer = await this.connection.request("fd/getStatus", {});
      this.status = answer.kind === "answered" ? answer.value : this.status;
    }
  }

  private async report(): Promise<string> {
    await this.refreshStatus();
    return diagnosticsReport(
      diagnosticsInput(this.context, {
        bridge: this.bridge.state,
        link: this.connection.state,
        status: this.status,
        view: this.view(),
        activationMs: this.activationMs,
        problems: this.problems,
      }),
    );
  }
}
