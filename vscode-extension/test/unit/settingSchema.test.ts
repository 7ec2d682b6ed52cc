import { describe, expect, it } from "vitest";

import { misfit } from "../../src/settingSchema";

describe("misfit", () => {
  it.each([
    [{ type: "boolean" }, true],
    [{ type: ["string", "null"] }, null],
    [{ type: "integer", minimum: 0 }, 0],
    [{ type: "number", exclusiveMinimum: 0 }, 0.1],
    [{ type: "array", items: { type: "string" } }, ["a", "b"]],
    [{ enum: ["a", "b"] }, "b"],
    [{}, { anything: 1 }],
  ] as const)("%j takes %j", (schema, value) => {
    expect(misfit(schema, value)).toBeUndefined();
  });

  it.each([
    [{ type: "boolean" }, "yes", 'must be a boolean, not "yes"'],
    [{ type: "integer" }, 1.5, "must be a integer, not 1.5"],
    [{ type: "number" }, Number.NaN, "must be a number, not null"],
    [{ type: "number", minimum: 1 }, 0, "must be at least 1, not 0"],
    [{ type: "number", maximum: 9 }, 10, "must be at most 9, not 10"],
    [{ type: "number", exclusiveMinimum: 0 }, 0, "must be more than 0, not 0"],
    [{ type: "array", items: { type: "string" } }, ["a", 1], "must hold only values of type string"],
    [{ enum: ["a", "b"] }, "c", 'must be one of "a", "b", not "c"'],
    [{ type: "string" }, undefined, "must be a string, not nothing"],
    [{ type: "object" }, [], "must be a object, not []"],
  ] as const)("%j refuses %j", (schema, value, said) => {
    expect(misfit(schema, value)).toBe(said);
  });
});
