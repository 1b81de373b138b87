/* In every page of the lab, before its tags: notes what happens, and says when there is nothing to wait for. */
window.__loaded = [];
window.__errors = [];
window.__csp = [];

/* A script that did not load is the end of the wait for the entry. */
let over = () => {};
const entry = new Promise(resolve => {
  over = resolve;
});

addEventListener(
  'error',
  event => {
    const { target } = event;
    if (target === window) window.__errors.push(event.message);
    else {
      window.__errors.push(`not loaded: ${target.src || target.href}`);
      if (target.tagName === 'SCRIPT') over();
    }
  },
  true,
);
addEventListener('unhandledrejection', event => window.__errors.push(String(event.reason)));
document.addEventListener('securitypolicyviolation', event =>
  window.__csp.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`),
);

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const until = async (holds, patience = 20000) => {
  for (const end = performance.now() + patience; !holds(); await pause(5)) {
    if (performance.now() > end) return window.__errors.push(`never: ${holds}`);
  }
};
const property = name =>
  getComputedStyle(document.documentElement).getPropertyValue(name).replace(/"/g, '').trim() || null;

window.__probe = {
  /** When the entry and the style have loaded, or failed. */
  async opened() {
    await Promise.race([entry, until(() => window.__widget)]);
    const waits = link => !link.sheet && !window.__errors.some(error => error.endsWith(link.href));
    await until(() => ![...document.querySelectorAll('link[rel=stylesheet]')].some(waits));
    await until(() => !document.querySelector('[data-waits]'));
  },
  /** What a click loads. */
  async lazy() {
    if (window.__widget) await window.__widget.lazy();
  },
  /** What this page view has seen: parts with their versions, errors, and violations of its policy. */
  seen() {
    const style = document.querySelector('link[rel=stylesheet]') ? [{ part: 'style', version: property('--widget-version') }] : [];
    const missing = window.__loaded.some(({ part }) => part === 'entry') ? [] : [{ part: 'entry', version: null }];
    return { parts: [...window.__loaded, ...style, ...missing], errors: window.__errors, csp: window.__csp };
  },
};
