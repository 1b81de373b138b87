import { start } from './widget.js';

start({
  style: () => new URL('style.css', import.meta.url),
  chunk: () => import('./lazy.js'),
  wasm: () => new URL('minor.wasm', import.meta.url),
  worker: () => new URL('worker.js', import.meta.url),
});
