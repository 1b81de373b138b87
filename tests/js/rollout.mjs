// The rule that percentages have to agree with. Reads [[userId, flagKey, percentage], ...], writes [true | false, ...].
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

function included(userId, flagKey, percentage) {
  const hash = createHash("sha256").update(userId + flagKey).digest("hex");
  const bucket = (parseInt(hash.substring(0, 8), 16) % 100) + 1;
  return bucket <= percentage;
}

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map((row) => included(...row))));
