// Bundles the extension into dist/extension.js and the panel's page into dist/webview.{js,css}.
// `--watch` rebuilds; `--sourcemap` adds maps.
import * as esbuild from "esbuild";

const has = (flag) => process.argv.includes(flag);

const shared = {
  bundle: true,
  minify: !has("--watch"),
  sourcemap: has("--watch") || has("--sourcemap"),
  logLevel: "info",
};

const extension = {
  ...shared,
  // The language client is a file of its own: it is loaded with the first server, not at activation.
  entryPoints: ["src/extension.ts", "src/languageClient.ts"],
  outdir: "dist",
  platform: "node",
  format: "cjs",
  target: "node20", // the floor: VS Code 1.91
  external: ["vscode", "./languageClient"],
  supported: { "dynamic-import": false }, // `require`: only that knows the module `vscode`
};

const webview = {
  ...shared,
  entryPoints: { webview: "webview/main.ts", "webview-style": "webview/panel.css" },
  entryNames: "[name]",
  outdir: "dist",
  platform: "browser",
  format: "iife",
  target: "chrome124", // VS Code 1.91's
};

for (const options of [extension, webview]) {
  if (has("--watch")) await (await esbuild.context(options)).watch();
  else await esbuild.build(options);
}
