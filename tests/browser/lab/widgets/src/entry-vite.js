import workerUrl from './worker.js?worker&url';
import { start } from './widget.js';

start({
  style: () => new URL('style.css', import.meta.url + ''),
  chunk: () => import('./lazy-styled.js'),
  wasm: () => new URL('./minor.wasm', import.meta.url),
  worker: () => new URL(workerUrl, import.meta.url + ''),
});
