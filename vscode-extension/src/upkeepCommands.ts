/** The commands about the server, the records and the status: everything that is not a proof. */

import {
  ProcessExecution,
  Task,
  TaskPanelKind,
  TaskRevealKind,
  TaskScope,
  commands,
  env,
  tasks,
  window,
  workspace,
  type Disposable,
  type LogOutputChannel,
} from "vscode";

import type { Connection } from "./client";
import type { Config } from "./config";
import type { ServerInstallation } from "./installServer";
import type { RecordsView } from "./records";
import type { StatusView } from "./statusView";

export interface Upkeep {
  /** `publisher.name`: the walkthrough is called after it. */
  readonly extensionId: string;
  readonly connection: Connection;
  readonly config: Config;
  readonly installation: ServerInstallation;
  readonly records: RecordsView;
  readonly log: LogOutputChannel;
  view(): StatusView;
  /** Ask the server anew how it is; resolves when it said so, or can't. */
  refreshStatus(): Promise<void>;
  report(): Promise<string>;
}

export function registerUpkeepCommands(upkeep: Upkeep): Disposable[] {
  const { connection, installation, records, config } = upkeep;
  const bind = (id: string, act: () => unknown): Disposable =>
    commands.registerCommand(`fd-prover.${id}`, act);
  return [
    bind("showStatus", () => showStatus(upkeep)),
    bind("showRecords", () => records.show()),
    bind("exportRecords", () => records.export()),
    bind("purgeRecords", () => records.purge()),
    bind("changeRecording", () => records.change()),
    bind("toggle", () =>
      workspace.getConfiguration("fd-prover").update("enable", !config.enabled, true),
    ),
    bind("installServer", async () => {
      if (await installation.offer()) {
        await connection.restart(); // what ran from the last environment was stopped
        await installation.tidy();
      }
    }),
    bind("removeServer", () => removeServer(upkeep)),
    bind("restartServer", () => connection.restart()),
    bind("stopServer", () => connection.stop("you stopped it")),
    bind("reloadPolicy", async () => {
      const answer = await connection.run("fd.reloadPolicy");
      if (answer.kind === "refused") {
        void window.showErrorMessage(`FD Prover: ${answer.what} ${answer.fix}`);
      }
    }),
    bind("runDoctor", () => runDoctor(upkeep)),
    bind("copyDiagnostics", async () => {
      await env.clipboard.writeText(await upkeep.report());
      void window.showInformationMessage("FD Prover: diagnostics copied. They hold no secret and no goal.");
    }),
    bind("showLog", () => upkeep.log.show()),
    bind("openWalkthrough", () =>
      commands.executeCommand("workbench.action.openWalkthrough", `${upkeep.extensionId}#fd-prover.start`),
    ),
  ];
}

interface Choice {
  readonly label: string;
  readonly detail?: string;
  readonly command: string;
}

const ALWAYS: readonly Choice[] = [
  { label: "$(database) What is recorded", command: "fd-prover.showRecords" },
  { label: "$(output) Show log", command: "fd-prover.showLog" },
  { label: "$(beaker) Run doctor in a terminal", command: "fd-prover.runDoctor" },
  { label: "$(copy) Copy diagnostics", command: "fd-prover.copyDiagnostics" },
  { label: "$(debug-restart) Restart the server", command: "fd-prover.restartServer" },
  { label: "$(circle-slash) Turn suggestions on or off", command: "fd-prover.toggle" },
  { label: "$(gear) Settings", command: "workbench.action.openSettings" },
];

/** The click on the status: first what repairs it, then the rest. */
async function showStatus(upkeep: Upkeep): Promise<void> {
  await upkeep.refreshStatus();
  const view = upkeep.view();
  const fix: Choice[] =
    view.fixCommand === undefined
      ? []
      : [{ label: `$(wrench) ${view.fix}`, detail: view.detail, command: view.fixCommand }];
  const title = ["FD Prover:", view.state, view.fixCommand === undefined ? view.detail : ""].join(" ");
  const placeHolder = view.fixCommand === undefined && view.fix ? view.fix : (view.facts.join(" · ") || view.detail);
  const chosen = await window.showQuickPick([...fix, ...ALWAYS], { title: title.trim(), placeHolder });
  if (chosen !== undefined) {
    const isSettings = chosen.command === "workbench.action.openSettings";
    await commands.executeCommand(chosen.command, ...(isSettings ? ["fd-prover"] : []));
  }
}

async function removeServer({ installation, connection }: Upkeep): Promise<void> {
  const yes = "Remove";
  const question = "Remove the private environment of FD Prover? Records and adapters stay.";
  if ((await window.showWarningMessage(question, { modal: true }, yes)) === yes) {
    await connection.stop("its environment was removed");
    await installation.remove();
    await connection.restart(); // another installation may be there
  }
}

/** In a terminal, which stays open: the doctor says which stage fails, and what to do. */
async function runDoctor({ connection }: Upkeep): Promise<void> {
  const { state } = connection;
  if (state.kind !== "running" && state.kind !== "starting") {
    const said = "what" in state ? `${state.what} ${state.fix}` : "the server does not run.";
    void window.showErrorMessage(`FD Prover: ${said}`);
    return;
  }
  const folder = workspace.workspaceFolders?.[0];
  const parameters = ["doctor", ...(folder === undefined ? [] : [folder.uri.fsPath])];
  const doctor = new ProcessExecution(state.server.command, parameters, {
    env: { PYTHONSAFEPATH: "1" },
  });
  const scope = folder ?? TaskScope.Global;
  const task = new Task({ type: "process" }, scope, "doctor", "FD Prover", doctor, []);
  task.presentationOptions = { reveal: TaskRevealKind.Always, panel: TaskPanelKind.Dedicated, clear: true };
  await tasks.executeTask(task);
}
