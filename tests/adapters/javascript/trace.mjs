// Builds one widget with each bundler, and prints its script, its map and what trace-mapping says of each position.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [tools, source, out] = process.argv.slice(2);
const require = createRequire(join(tools, 'package.json'));
const { TraceMap, originalPositionFor } = require('@jridgewell/trace-mapping');

const builders = {
  esbuild: (folder) => require('esbuild').build({
    entryPoints: [source], outdir: folder, bundle: true, minify: true, sourcemap: 'external', format: 'esm',
  }),
  rollup: async (folder) => {
    const bundle = await require('rollup').rollup({ input: source });
    await bundle.write({ dir: folder, sourcemap: 'hidden', compact: true });
  },
  webpack: (folder) => new Promise((resolve, reject) => require('webpack')(
    { mode: 'production', entry: source, devtool: 'hidden-source-map', output: { path: folder } },
    (error, stats) => error || stats.hasErrors() ? reject(error ?? stats.toString()) : resolve(),
  )),
};
const builds = [];
for (const [name, build] of Object.entries(builders)) {
  const folder = join(out, name);
  mkdirSync(folder);
  await build(folder);
  const file = readdirSync(folder).find((each) => each.endsWith('.js'));
  const [script, map] = [file, file + '.map'].map((each) => readFileSync(join(folder, each), 'utf8'));
  const trace = new TraceMap(map);
  const places = [];
  script.split('\n').forEach((text, line) => {
    for (let column = 0; column < text.length; column += 3) {
      const found = originalPositionFor(trace, { line: line + 1, column });
      places.push([line + 1, column + 1, found.source, found.line, found.column === null ? null : found.column + 1]);
    }
  });
  builds.push({ name, script, map, places });
}
process.stdout.write(JSON.stringify(builds));
