/*
 * node build.mjs OUT: builds each widget in both versions, to OUT/<widget>/<version>/.
 *
 * The entry is widget.js and the style is style.css, both without a hash; what the bundlers split off has one.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

const VERSIONS = ['1.0.0', '1.1.0'];

/** A module whose export `minor` returns the version's middle number. */
const wasm = minor =>
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, 0x7f], // one type: () -> i32
    ...[3, 2, 1, 0], // one function of it
    ...[7, 9, 1, 5, ...Buffer.from('minor'), 0, 0], // exported
    ...[10, 6, 1, 4, 0, 0x41, minor, 0x0b], // i32.const minor
  ]);

/** The sources of one version: what differs is written beside the rest. */
const sources = async (folder, version) => {
  await cp(resolve('src'), folder, { recursive: true });
  for (const name of ['version.js', 'chunk-version.js']) {
    await writeFile(join(folder, name), `export const version = ${JSON.stringify(version)};\n`);
  }
  await writeFile(join(folder, 'minor.wasm'), wasm(Number(version.split('.')[1])));
  await writeFile(join(folder, 'lazy.css'), `:root { --lazy-version: "${version}"; }\n`);
  await worker(join(folder, 'worker.js'), join(folder, 'worker.bundled.js'));
};

const worker = (source, target) =>
  esbuild.build({ entryPoints: [source], bundle: true, minify: true, format: 'esm', outfile: target });

/** What is the same for every widget, and the files that a bundler without assets takes from beside the entry. */
const beside = async (src, out, version, assets) => {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'style.css'), `:root { --widget-version: "${version}"; }\n`);
  if (assets) {
    await cp(join(src, 'minor.wasm'), join(out, 'minor.wasm'));
    await cp(join(src, 'worker.bundled.js'), join(out, 'worker.js'));
  }
};

const packed = config =>
  new Promise((done, failed) =>
    webpack({ mode: 'production', target: 'web', ...config }, (error, stats) =>
      error || stats.hasErrors() ? failed(error || new Error(stats.toString('errors-only'))) : done(),
    ),
  );

const webpackConfig = (src, out) => ({
  context: src,
  entry: { widget: './entry-webpack.js' },
  output: {
    path: out,
    filename: 'widget.js',
    chunkFilename: '[id].[contenthash].js',
    assetModuleFilename: '[name].[contenthash][ext]',
    publicPath: 'auto',
    crossOriginLoading: 'anonymous',
    trustedTypes: 'lab-webpack',
  },
  module: { rules: [{ test: /\.wasm$/, type: 'asset/resource' }] },
});

const viteModule = (src, out, options) =>
  vite({
    root: src,
    base: './',
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: out,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      rollupOptions: {
        input: join(src, 'entry-vite.js'),
        output: { entryFileNames: 'widget.js', chunkFileNames: '[name]-[hash].js', assetFileNames: '[name]-[hash][extname]' },
        ...options,
      },
    },
    worker: { rollupOptions: { output: { entryFileNames: '[name]-[hash].js' } } },
  });

const BUILDS = {
  'vite-module': (src, out) => viteModule(src, out, { preserveEntrySignatures: 'strict' }),
  'vite-default': (src, out) => viteModule(src, out, {}),
  'esbuild-module': (src, out) =>
    esbuild.build({
      entryPoints: { widget: join(src, 'entry-esm.js') },
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      chunkNames: '[name]-[hash]',
      outdir: out,
    }),
  'rollup-module': async (src, out) => {
    const bundle = await rollup({ input: { widget: join(src, 'entry-esm.js') } });
    await bundle.write({ dir: out, format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
    await bundle.close();
  },
  'webpack-module': (src, out) => {
    const { output, ...rest } = webpackConfig(src, out);
    return packed({ ...rest, experiments: { outputModule: true }, output: { ...output, module: true, chunkFormat: 'module' } });
  },
  'webpack-classic': (src, out) => packed(webpackConfig(src, out)),
  'esbuild-iife': (src, out) =>
    esbuild.build({ entryPoints: { widget: join(src, 'entry-iife.js') }, bundle: true, minify: true, format: 'iife', outdir: out }),
};
const TAKES_ASSETS = ['esbuild-module', 'rollup-module', 'esbuild-iife'];

const out = resolve(process.argv[2]);
for (const version of VERSIONS) {
  const src = join(out, 'src', version);
  await sources(src, version);
  await Promise.all(
    Object.entries(BUILDS).map(async ([widget, build]) => {
      const folder = join(out, widget, version);
      await beside(src, folder, version, TAKES_ASSETS.includes(widget));
      await build(src, folder);
    }),
  );
}
