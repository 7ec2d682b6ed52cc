/** One host, one browser, one window for the scenarios of a file; a failed one leaves a picture. */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, inject } from "vitest";

import { launch } from "./browser";
import { Host, type HostOptions } from "./host";
import { Workbench } from "./workbench";

// Where the test runner is killed, its worker would go on to the end of its file. Killed, too, it takes
// browser and workbench with it: both notice that nobody is there any more.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

export interface Suite {
  readonly host: Host;
  readonly browser: Browser;
  /** The window; opened by the first scenario that asks for it, and anew after a failure. */
  window(file: string, wants?: { readonly isReady: boolean }): Promise<Workbench>;
  /** A window of its own, closed after the scenario. */
  own(folder: string, file?: string): Promise<Workbench>;
}

/** Register set-up and end of a file's scenarios. */
export function suite(options: HostOptions = {}): Suite {
  const made: { host?: Host; browser?: Browser; shared?: Workbench; own: Workbench[] } = { own: [] };
  beforeAll(async () => {
    made.host = await Host.start(options.vsix ? options : { extensions: inject("extensions"), ...options });
    made.browser = await launch();
  });
  afterEach(async ({ task }) => {
    const failed = task.result?.state === "fail";
    const shown = made.own.at(-1) ?? made.shared;
    if (failed) await shown?.picture(`FAILED ${task.name.replace(/[^\w ]/g, "").slice(0, 60)}`).catch(() => undefined);
    for (const workbench of made.own.splice(0)) await workbench.close();
    if (failed) {
      await made.shared?.close();
      delete made.shared;
    }
  });
  afterAll(async () => {
    await made.browser?.close();
    await made.host?.stop();
  });
  return {
    get host() {
      return there(made.host);
    },
    get browser() {
      return there(made.browser);
    },
    async window(file, { isReady } = { isReady: true }) {
      const host = there(made.host);
      const shared = (made.shared ??= await Workbench.open(there(made.browser), host, host.workspace("shared"), file));
      await shared.openFile(file);
      if (isReady) await shared.isReady();
      return shared;
    },
    async own(folder, file) {
      const workbench = await Workbench.open(there(made.browser), there(made.host), folder, file);
      made.own.push(workbench);
      return workbench;
    },
  };
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the set-up failed");
  return value;
}
