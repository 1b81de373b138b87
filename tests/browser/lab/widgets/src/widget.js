/* What every widget of the lab does. Each part that has loaded says its version in window.__loaded. */
import { fail, say } from './say.js';
import { version } from './version.js';

let policy;
/** Pages that require Trusted Types name this policy beside edgeship's: a worker's URL is a sink, too. */
const trusted = url => {
  if (!window.trustedTypes) return url;
  policy = policy || trustedTypes.createPolicy('lab', { createScriptURL: given => given });
  return policy.createScriptURL(url);
};

/** Browsers refuse workers of another origin: the usual way is a worker of the page's that imports the CDN's. */
const runWorker = url =>
  new Promise((resolve, reject) => {
    const source = URL.createObjectURL(new Blob([`import ${JSON.stringify(String(url))};`], { type: 'text/javascript' }));
    const worker = new Worker(trusted(source), { type: 'module' });
    worker.onmessage = event => resolve(event.data);
    worker.onerror = () => reject(new Error(`no worker: ${url}`));
  });

const runWasm = async url => {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(url));
  return `1.${instance.exports.minor()}.0`;
};

/**
 * Show the entry, load its style, and leave window.__widget.lazy, which loads what a click would.
 *
 * `parts` has functions: `style` gives a URL, or is missing where the page has a tag of its own for it; `wasm` and
 * `worker` give URLs, and `chunk` imports.
 */
export const start = parts => {
  say('entry', version);
  // As many widgets do, and only once a page: an entry that runs twice fails here.
  customElements.define('lab-widget', class extends HTMLElement {});
  const button = document.createElement('lab-widget');
  button.textContent = `widget ${version}`;
  document.body.append(button);
  if (!document.querySelector('link[rel=stylesheet]')) {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: parts.style() });
    link.onerror = fail('style');
    document.head.append(link);
  }
  window.__widget = {
    lazy: () =>
      Promise.all([
        parts.chunk ? parts.chunk().catch(fail('chunk')) : null,
        runWasm(parts.wasm()).then(found => say('wasm', found), fail('wasm')),
        window.__options.worker ? runWorker(parts.worker()).then(found => say('worker', found), fail('worker')) : null,
      ]),
  };
};
