/** What `package.json` promises. The server's half of the settings is compared in Python. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { Config, nameOf } from "../../src/config";
import { manifestSettings, type Manifest } from "../../src/manifest";
import { misfit, type SettingSchema } from "../../src/settingSchema";
import { fakeConfiguration } from "./support/vscode";

const ROOT = join(import.meta.dirname, "../..");

interface Binding {
  readonly command: string;
  readonly key: string;
  readonly mac?: string;
  readonly when?: string;
}
interface Contributions {
  readonly commands: readonly { command: string; title: string; category: string }[];
  readonly keybindings: readonly Binding[];
  readonly menus: Readonly<Record<string, readonly { command: string }[]>>;
  readonly walkthroughs: readonly {
    readonly steps: readonly { id: string; description: string; media: { markdown: string } }[];
  }[];
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest & {
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  activationEvents: string[];
  enabledApiProposals?: unknown;
  contributes: Contributions;
};
const { own, server } = manifestSettings(manifest);

/** Keys that others bind in a Lean editor, as their manifests and VS Code's defaults have them. */
const TAKEN = [
  // the Lean 4 extension
  "tab", "ctrl+alt+\\", "ctrl+shift+x", "ctrl+shift+enter", "ctrl+shift+alt+enter", "shift+alt+m", "shift+alt+n",
  // Copilot and chat
  "ctrl+enter", "alt+\\", "alt+]", "alt+[", "ctrl+right", "ctrl+i", "ctrl+alt+i", "ctrl+shift+i", "ctrl+shift+alt+l", "ctrl+k i",
  // VS Code's own chords on ctrl+k with a single letter
  ..."cdefmoprsuvwz".split("").map((letter) => `ctrl+k ${letter}`),
];

describe("settings", () => {
  it("each has a type, a description in words, a scope and a default that fits", () => {
    for (const [key, schema] of Object.entries({ ...own, ...server })) {
      expect(key).toMatch(/^fd-prover\.[a-zA-Z.]+$/);
      expect(schema.type ?? schema.enum, key).toBeDefined();
      expect(schema.markdownDescription?.trim().length, key).toBeGreaterThan(5);
      expect(schema.scope, key).toMatch(/^(window|machine-overridable)$/);
      expect(misfit(schema, schema.default), key).toBeUndefined();
    }
  });

  it("each of the extension's own has an accessor that reads it, and takes the default for a wrong value", () => {
    const accessors = Object.entries(Object.getOwnPropertyDescriptors(Config.prototype))
      .filter(([, descriptor]) => descriptor.get)
      .map(([name]) => name as keyof Config);
    const seen = new Set<string>();
    for (const accessor of accessors) {
      const read = (values: Record<string, unknown>): { value: unknown; names: string[] } => {
        const names: string[] = [];
        const configuration = fakeConfiguration(values) as { get(name: string): unknown };
        const spied = { ...configuration, get: (name: string) => (names.push(name), configuration.get(name)) };
        return { value: new Config(own, () => spied as never)[accessor], names };
      };
      const { value: whenUnset, names } = read({});
      expect(names, accessor).toHaveLength(1);
      const [name = ""] = names;
      seen.add(name);
      const schema = own[`fd-prover.${name}`] as SettingSchema;
      expect(schema, name).toBeDefined();
      const other = another(schema);
      const factor = name === "server.startTimeout" ? 1000 : 1;
      expect(read({ [name]: other }).value).toBe(typeof other === "number" ? other * factor : other);
      expect(read({ [name]: { wrong: true } }).value, name).toBe(whenUnset);
    }
    // The language client itself reads what to trace.
    expect([...seen, "trace.server"].sort()).toEqual(Object.keys(own).map(nameOf).sort());
  });

  it("names what is wrong with a value", () => {
    const config = new Config(own, () => fakeConfiguration({ "server.startTimeout": "soon", enable: 1 }));
    const said = config.problems().map((problem) => `${problem.key} ${problem.said}`);
    expect(said).toContain('fd-prover.server.startTimeout must be a number, not "soon"');
    expect(said).toContain("fd-prover.enable must be a boolean, not 1");
  });
});

function another(schema: SettingSchema): unknown {
  if (schema.enum) return schema.enum.find((value) => value !== schema.default);
  if (schema.type === "boolean") return !(schema.default as boolean);
  return schema.type === "number" ? (schema.minimum ?? 0) + 3 : "/somewhere/else";
}

describe("commands and keys", () => {
  it("every command of a key or menu is contributed, under one name", () => {
    const known = new Set(manifest.contributes.commands.map((each) => each.command));
    expect(known.size).toBe(manifest.contributes.commands.length);
    const menus = Object.values(manifest.contributes.menus).flat();
    for (const { command } of [...manifest.contributes.keybindings, ...menus]) expect(known).toContain(command);
    for (const { category } of manifest.contributes.commands) expect(category).toBe("FD Prover");
  });

  it("no command id is one of the server's, which the language client registers", () => {
    for (const { command } of manifest.contributes.commands) expect(command).toMatch(/^fd-prover\./);
  });

  it("keys collide neither with Copilot's nor with Lean's nor with VS Code's, and hold in Lean files only", () => {
    const keys = manifest.contributes.keybindings.map((binding) => binding.key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { key, mac, when } of manifest.contributes.keybindings) {
      expect(TAKEN).not.toContain(key);
      expect(key.split(" ")).toHaveLength(2); // a chord: a single key is always somebody's
      expect(mac).toBe(key.replace("ctrl", "cmd"));
      expect(when).toContain("editorLangId =~ /^lean4?$/");
    }
  });
});

describe("the promises of the manifest", () => {
  it("types are those of the oldest VS Code it says it runs on, and no proposed API is asked for", () => {
    expect(`^${manifest.devDependencies["@types/vscode"] ?? ""}`).toBe(manifest.engines.vscode);
    expect(manifest.enabledApiProposals).toBeUndefined();
  });

  it("nothing starts it but a Lean file (or a command of ours)", () => {
    expect(manifest.activationEvents).toEqual(["onLanguage:lean4", "onLanguage:lean"]);
  });

  it("what only Restricted Mode may not set can be set for a machine", () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const key of restricted) expect({ ...own, ...server }[key]?.scope, key).toBe("machine-overridable");
  });

  it("the walkthrough's pages exist, and its links are commands of ours", () => {
    const known = new Set(manifest.contributes.commands.map((each) => each.command));
    const steps = manifest.contributes.walkthroughs.flatMap((each) => each.steps);
    expect(steps.length).toBeGreaterThan(3);
    for (const step of steps) {
      expect(readFileSync(join(ROOT, step.media.markdown), "utf8").length).toBeGreaterThan(40);
      for (const [, id = ""] of step.description.matchAll(/command:(fd-prover\.\w+)/g)) expect(known).toContain(id);
    }
  });
});

it("the README names every setting of the extension's own", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  for (const [key, { default: value, markdownDescription: words }] of Object.entries(own)) {
    expect(readme).toContain(`| \`${key}\` | ${JSON.stringify(value)} | ${words ?? "?"} |`);
  }
});

describe("the README in the package", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
  const packed = readFileSync(join(ROOT, ".vscodeignore"), "utf8").split("\n");

  it("links only to what is packed with it, and to the Lean 4 extension", () => {
    const near = targets.filter((target) => !target.startsWith("https:"));
    for (const target of near) {
      expect(existsSync(join(ROOT, target)), target).toBe(true);
      expect(packed).toContain(`!${target.replace(/[^/]+\.png$/, "*.png")}`);
    }
    expect(near.length).toBeGreaterThanOrEqual(4);
    const far = targets.filter((target) => target.startsWith("https:"));
    expect(far).toEqual(["https://marketplace.visualstudio.com/items?itemName=leanprover.lean4"]);
  });

  it("names no repository that is not there: a publisher fills it in (PUBLISHING.md)", () => {
    expect(manifest).not.toHaveProperty("repository");
    expect(readFileSync(join(ROOT, "PUBLISHING.md"), "utf8")).toMatch(/`repository`/);
  });
});
