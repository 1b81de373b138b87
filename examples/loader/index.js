const loads = new Map();

const versionIn = (url) => /\/v(\d+\.\d+\.\d[^/]*)\//.exec(url)?.[1];

const within = (timeout, act) =>
  new Promise((resolve, reject) => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort();
      reject(new Error(`no answer in ${timeout} ms`));
    }, timeout);
    act(stop.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });

// Before the script, because a request can be stopped and a script can't. The script then comes from the browser's cache.
const ask = async (url, signal) => {
  let answer;
  try {
    answer = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return; // a policy without connect-src forbids to ask, not to load
  }
  const text = await answer.text();
  if (!answer.ok) throw new Error(`HTTP ${answer.status} ${text.slice(0, 200)}`.trim());
  return versionIn(answer.url) ?? answer.headers.get('x-amz-meta-version') ?? undefined;
};

const insert = (url, cdn) =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.crossOrigin = 'anonymous';
    script.onload = resolve;
    script.onerror = () => reject(new Error('the script did not load'));
    document.head.append(script);
    try {
      script.src = url;
    } catch {
      // The page asks for Trusted Types. The CDN has the policy `edgeship`, which trusts the CDN alone.
      import(/* webpackIgnore: true */ /* @vite-ignore */ `${cdn}/edgeship/~t/`)
        .then((policy) => policy.t(script, url))
        .catch(reject);
    }
  });

const run = async (url, { cdn, kind, global }) => {
  if (kind === 'module') return { module: await import(/* webpackIgnore: true */ /* @vite-ignore */ url) };
  await insert(url, cdn);
  if (global && !(global in globalThis)) throw new Error(`the script ran, and there is no global ${global}`);
  return { global: globalThis[global] };
};

const start = async (options) => {
  const { url, kind, fallback, timeout } = options;
  let reason;
  try {
    return await within(timeout, async (signal) => {
      const version = await ask(url, signal);
      return { ...(await run(url, options)), version, from: 'cdn' };
    });
  } catch (error) {
    reason = new Error(`${url}: ${error?.message ?? error}`, { cause: error });
  }
  if (fallback === undefined) throw reason;
  // The fallback hides the failure from the page, so it is reported as that of a tag is: telemetry counts it.
  const { message, cause } = reason;
  globalThis.dispatchEvent?.(new ErrorEvent('error', { message, filename: url, error: cause?.stack ? cause : reason }));
  try {
    const found =
      typeof fallback === 'function'
        ? { [kind === 'module' ? 'module' : 'global']: await fallback(reason) }
        : { ...(await within(timeout, () => run(fallback, options))), version: versionIn(fallback) };
    return { version: undefined, ...found, from: 'fallback', reason };
  } catch (error) {
    throw new Error(`${reason.message}; fallback: ${error?.message ?? error}`, { cause: error });
  }
};

export const load = async ({
  cdn,
  widget,
  channel = 'latest',
  file = 'widget.js',
  kind = 'module',
  global,
  fallback,
  timeout = 5000,
}) => {
  if (!/^https?:\/\//.test(cdn) || !widget) throw new TypeError('load needs cdn, as https://host, and widget');
  if (kind !== 'module' && kind !== 'classic') throw new TypeError(`kind is module or classic, not ${kind}`);
  const home = cdn.replace(/\/+$/, '');
  const exact = /^v?(\d+\.\d+\.\d.*)/.exec(channel);
  const folder = exact ? `v${exact[1]}` : channel === 'latest' ? channel : `~${channel.replace(/^~/, '')}`;
  const url = `${home}/${encodeURIComponent(widget)}/${encodeURIComponent(folder)}/${file}`;
  const key = `${kind} ${global} ${url}`;
  if (!loads.has(key)) {
    const options = { cdn: home, url, kind, global, fallback, timeout };
    loads.set(key, start(options));
    loads.get(key).catch(() => loads.delete(key));
  }
  return { ...(await loads.get(key)), channel };
};
