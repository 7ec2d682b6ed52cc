/** The browser that shows the workbench. */

import { chromium as engine, type Browser } from "playwright-core";

import { chromium } from "./places";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const CALM = ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"];

export function launch(): Promise<Browser> {
  return engine.launch({ executablePath: chromium(), args: [...FLAGS, ...CALM], headless: true });
}
