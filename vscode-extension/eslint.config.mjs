// The strict, type-aware rules of typescript-eslint; what is switched off says why.
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "server", "node_modules", "test/e2e/node_modules", "test/e2e/screenshots"] },
  { files: ["**/*.ts"], extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: {
        project: ["tsconfig.json", "webview/tsconfig.json", "test/e2e/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "max-lines": ["error", 400],
      // A number in a message for a person needs no ceremony.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": "off", // `return act();` ends a branch
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off", // VS Code takes any `{ dispose }`
      // Index signatures are written with brackets where the key is not ours.
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/unbound-method": "off", // VS Code's API passes methods as functions
      "@typescript-eslint/no-meaningless-void-operator": "off", // says that the value is not used
      "@typescript-eslint/consistent-indexed-object-style": "off",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // Doubles stand for large types, and do nothing where a test needs nothing.
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
    },
  },
);
