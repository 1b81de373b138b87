// Reads [[rule, data], ...] as JSON on standard input and writes what json-logic-js makes of each: {"value": ...},
// or {"throws": true}. Values that JSON has none for are written as {"$": "undefined" | "NaN" | "Infinity" | "-Infinity"}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The folder that node_modules lies in is an argument: the tests install it outside of the repository.
const require = createRequire(`${process.argv[2]}/package.json`);
const jsonLogic = require("json-logic-js");
console.log = () => undefined;

function spell(value) {
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return { $: String(value) };
  if (Array.isArray(value)) return value.map(spell);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spell(inner)]));
}

const answers = JSON.parse(readFileSync(0, "utf8")).map(([rule, data]) => {
  try {
    return { value: spell(jsonLogic.apply(rule, data)) };
  } catch {
    return { throws: true };
  }
});
process.stdout.write(JSON.stringify(answers));
