import { describe, expect, it } from "vitest";

import { resolveServer, type Surroundings } from "../../src/resolveServer";

const PRIVATE = "/storage/server-1";

function around(files: string[], more: Partial<Surroundings> = {}): Surroundings {
  return {
    setting: "",
    folders: ["/project"],
    trusted: true,
    searchPath: "/usr/bin:relative/bin:/opt/bin",
    privateEnvironment: PRIVATE,
    home: "/home/me",
    platform: "linux",
    isExecutable: (file) => files.includes(file),
    ...more,
  };
}

const SETTING = "/mine/fd-server";
const ALL = [
  SETTING, "/project/.venv/bin/fd-server", "/project/venv/bin/fd-server", "/usr/bin/fd-server", "/opt/bin/fd-server",
  `${PRIVATE}/bin/fd-server`,
];

describe("resolveServer", () => {
  it("takes the first place of the list that is there", () => {
    const order: string[] = [];
    let left = ALL;
    for (let setting = SETTING; left.length > 0; setting = "") {
      const found = resolveServer(around(left, { setting }));
      if (found.kind !== "found") throw new Error(found.what);
      order.push(`${found.server.origin}: ${found.server.command}`);
      left = left.filter((file) => file !== found.server.command);
    }
    expect(order).toEqual([
      "setting: /mine/fd-server",
      "workspace: /project/.venv/bin/fd-server",
      "workspace: /project/venv/bin/fd-server",
      "PATH: /usr/bin/fd-server",
      "PATH: /opt/bin/fd-server",
      "private: /storage/server-1/bin/fd-server",
    ]);
  });

  it("always finds a console script, never a module of Python", () => {
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const windows = platform === "win32";
      const folder = windows ? "C:\\storage\\server-1" : PRIVATE;
      const found = resolveServer(
        around([], { platform, privateEnvironment: folder, folders: [], isExecutable: (file) => file.startsWith(folder) }),
      );
      expect(found).toEqual({
        kind: "found",
        server: {
          origin: "private",
          command: windows ? "C:\\storage\\server-1\\Scripts\\fd-server.exe" : "/storage/server-1/bin/fd-server",
        },
      });
    }
  });

  it("falls back to nothing silently: what the setting names must be there", () => {
    const found = resolveServer(around(ALL, { setting: "/gone/fd-server" }));
    expect(found).toMatchObject({ kind: "missing" });
    expect(found.kind === "missing" && found.what).toContain("/gone/fd-server");
  });

  it("reads ~ in the setting, and refuses a relative path", () => {
    const home = resolveServer(around(["/home/me/bin/fd-server"], { setting: "~/bin/fd-server" }));
    expect(home).toMatchObject({ kind: "found", server: { command: "/home/me/bin/fd-server" } });
    expect(resolveServer(around(["bin/fd-server"], { setting: "bin/fd-server" }))).toMatchObject({
      kind: "missing",
      fix: expect.stringContaining("whole path") as string,
    });
  });

  it("ignores relative entries of PATH: they mean whatever folder one is in", () => {
    expect(resolveServer(around(["relative/bin/fd-server"]))).toMatchObject({ kind: "missing" });
  });

  it("starts nothing of an untrusted workspace, neither from its environment nor from PATH inside it, and says so", () => {
    const files = ["/project/.venv/bin/fd-server", "/project/bin/fd-server"];
    const found = resolveServer(around(files, { trusted: false, searchPath: "/project/bin" }));
    expect(found).toMatchObject({ kind: "missing", what: expect.stringContaining("Restricted Mode") as string });
    const outside = resolveServer(around([...files, "/usr/bin/fd-server"], { trusted: false }));
    expect(outside).toMatchObject({ kind: "found", server: { origin: "PATH", command: "/usr/bin/fd-server" } });
  });

  it("says what was looked at and what to do if there is none", () => {
    const found = resolveServer(around([]));
    expect(found.kind === "missing" && found.fix).toContain("Install the Server");
  });
});
