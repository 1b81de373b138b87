import { start } from './widget.js';

const base = document.currentScript.src;

start({
  style: () => new URL('style.css', base),
  wasm: () => new URL('minor.wasm', base),
  worker: () => new URL('worker.js', base),
});
