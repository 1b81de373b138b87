import { start } from './widget.js';

// Pages with nonces: webpack gives it to the tags of chunks. Modules have no current script, and need none.
__webpack_nonce__ = document.currentScript ? document.currentScript.nonce : undefined;

start({
  style: () => new URL(__webpack_public_path__ + 'style.css', location),
  chunk: () => import('./lazy.js'),
  wasm: () => new URL('./minor.wasm', import.meta.url),
  worker: () => new URL('./worker.bundled.js', import.meta.url),
});
