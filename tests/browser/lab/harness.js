/* Holds page views in frames of one tab, and does the same with each at the same time. */
const frames = new Map();

const shown = frame =>
  new Promise(resolve => frame.addEventListener('load', resolve, { once: true })).then(() =>
    frame.contentWindow.__probe?.opened(),
  );
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

window.lab = {
  /** Register a worker for all page views under its folder. */
  async serviceWorker(url, scope) {
    const { installing } = await navigator.serviceWorker.register(url, { scope });
    if (!installing) return;
    await new Promise(resolve =>
      installing.addEventListener('statechange', () => installing.state === 'activated' && resolve()),
    );
  },
  /** Have the CDN set its cookie. */
  cookie: urls => Promise.all(urls.map(url => fetch(url, { mode: 'no-cors', credentials: 'include' }))),
  open: views =>
    Promise.all(
      views.map(([number, url]) => {
        const frame = Object.assign(document.createElement('iframe'), { src: url, width: 40, height: 20 });
        frames.set(number, frame);
        document.body.append(frame);
        return shown(frame);
      }),
    ),
  lazy: () => Promise.all([...frames.values()].map(frame => frame.contentWindow.__probe.lazy())),
  reload: () =>
    Promise.all(
      [...frames.values()].map(frame => {
        const again = shown(frame);
        frame.contentWindow.location.reload();
        return again;
      }),
    ),
  seen: () => [...frames].map(([number, frame]) => [number, frame.contentWindow.__probe.seen()]),
  /** The value of an expression in one page view, as soon as it is true, or after some seconds. */
  async until(number, expression) {
    const value = new Function('window', 'document', `return (${expression})`);
    const look = () => value(frames.get(number).contentWindow, frames.get(number).contentDocument);
    for (const end = performance.now() + 5000; !look() && performance.now() < end; ) await pause(5);
    return look() ?? null;
  },
  close: () => {
    for (const frame of frames.values()) frame.remove();
    frames.clear();
  },
};
