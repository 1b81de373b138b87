/*
 * edgeship's beacon client: reports to /telemetry how the widgets on a page perform. docs/telemetry.md says what it
 * sends.
 *
 *   <script defer src="https://CDN/edgeship/telemetry.js" data-widget="checkout" crossorigin="anonymous"></script>
 *   edgeship.watch({widget: 'checkout', version: '1.4.2', src: …, sample: 0.1, endpoint: …})
 *
 * It runs in other people's pages. So it must not throw into the page, nor change a global other than window.edgeship.
 * Any browser interface may be missing, throw, or have been replaced by the page.
 *
 * ES2017, a classic script. The CDN serves it minified (infra/browser_client.py); gzipped it has fewer than 2,300 bytes.
 */
(() => {
  /** For one page view and widget. The server refuses beacons over these limits. */
  const MAX_BEACONS = 20;
  const MAX_ERRORS = 10;
  const MAX_COUNT = 1000;
  const MAX_MESSAGE = 200; // UTF-16 units
  const MAX_FRAMES = 5;
  const MAX_LATENCY = 600000; // milliseconds
  const MAX_JSON = 4096; // UTF-16 units
  /**
   * CloudFront refuses URLs over 8,192 bytes, and one character can take nine of them
   * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html).
   */
  const MAX_DATA = 7000;
  const AFTER_LOAD = 1000; // milliseconds
  const BETWEEN_BEACONS = 5000; // milliseconds

  /** `act`, without its exceptions. */
  const safely = act => value => {
    try {
      return act(value);
    } catch (error) {
      // Not reported: the page is not ours.
    }
  };
  const listen = (type, act) => addEventListener(type, safely(act), true);

  const script = document.currentScript;
  /** The CDN's address: this script is <CDN>/edgeship/telemetry.js. Undefined when it was loaded in another way. */
  const home = safely(() => new URL('..', script.src).href)();
  /** Drawn once a page view: of widgets with the same rate, all or none are in the sample. */
  const draw = Math.random();
  const watched = new Set();

  const watch = options => {
    const widget = options.widget;
    if (!widget || watched.has(widget) || !(draw < (options.sample >= 0 ? options.sample : 1))) return;
    const base = home + widget + '/';
    const endpoint = options.endpoint || new URL('telemetry', home).href; // throws when there is no home
    let src = options.src && new URL(options.src, document.baseURI).href;
    /** The folder of a widget that is not under its name: at the CDN's root, or on another CDN. */
    const folder = src ? src.replace(/[^/]*$/, '') : base;
    let version = options.version;
    watched.add(widget);

    // The id of the page view for this widget: no two widgets share one.
    const bytes = new Uint8Array(8).map(() => Math.random() * 256);
    safely(() => crypto.getRandomValues(bytes))();
    const id = [...bytes].map(byte => (byte + 256).toString(16).slice(1)).join('');

    /** Not yet reported, [message, count, frames] by the message without its numbers, and the frames. */
    const errors = new Map();
    let before, // the page's heap in MB before the widget was loaded, if this runs early enough and the browser says it
      started, // when the session began: its first beacon was sent
      element, // of the entrypoint, if the page has one
      latency, // of the entrypoint, in milliseconds; null when it is reported
      failed, // an error was reported
      asked, // the version was requested
      held = true, // until a second after load, and for five after a beacon
      timer,
      beacons = 0;

    /** Whether a URL belongs to the widget. */
    const own = url => [base, folder].some(start => String(url).startsWith(start));
    const heap = () => performance.memory.usedJSHeapSize / 1e6;
    const isEntry = url => src ? url === src : own(url) && /\.m?js(\?|$)/.test(url);

    const find = () => {
      element = element || [...document.querySelectorAll('script[src],link[href]')]
        .find(found => isEntry(found.src || found.href));
      if (element && !src) src = element.src || element.href;
    };

    const versionIn = url => (/\/v(\d+\.\d+\.\d[^/]*)\//.exec(url) || [])[1];

    /**
     * Read the entrypoint's latency from resource timing, and the version from what comes from an exact path. A moving
     * path may answer a script that inserts the exact one: both are waited for. The request for the version does not
     * count.
     */
    const measure = entries => entries.forEach(entry => {
      const url = entry.name;
      if (!own(url) || entry.initiatorType === 'fetch') return;
      version = version || versionIn(url);
      find();
      const same = url.endsWith(String(src).replace(/.*\//, '/'));
      if (latency === undefined ? same || isEntry(url) : same && versionIn(url) && !versionIn(src)) {
        src = url;
        latency = Math.min(Math.round((latency || 0) + entry.duration), MAX_LATENCY);
      }
    });

    /** Read the version from the page's own answer, which is in the browser's cache. */
    const ask = () => {
      // A file that was loaded without CORS may be cached without its headers.
      if (asked || !src || (element && element.crossOrigin === null && !/module/.test(element.type + element.rel))) return;
      asked = true;
      fetch(src, { cache: 'force-cache', credentials: 'omit' }).then(answer => {
        version = answer.headers.get('x-amz-meta-version');
        report();
      }).catch(() => {});
    };

    const send = () => {
      const beacon = { v: 1, w: widget, r: version, i: id, n: beacons };
      if (!beacons++) {
        beacon.s = 1;
        started = Date.now();
        if (before) beacon.m = Math.max(0, Math.round((heap() - before) * 10) / 10);
      }
      if (errors.size) {
        beacon.e = [...errors.values()];
        errors.clear();
        if (!failed) {
          failed = beacon.f = 1;
          // The failure belongs to the session, which may have begun hours ago.
          beacon.a = Math.round((Date.now() - started) / 1e3) || undefined;
        }
      }
      if (latency != null) {
        beacon.l = latency;
        latency = null;
      }
      // Frames go before messages. This ends: a beacon with one message is within both limits.
      let data;
      while ((data = JSON.stringify(beacon)).length > MAX_JSON || (data = encodeURIComponent(data)).length > MAX_DATA)
        (beacon.e.filter(error => error[2]).pop() || beacon.e).pop();
      const url = endpoint + '?d=' + data;
      // A GET: CloudFront signs requests to the function behind it, and for a POST it needs the body's hash from here.
      try {
        Promise.resolve(fetch(url, {
          mode: 'no-cors', cache: 'no-store', credentials: 'omit', keepalive: true, referrerPolicy: 'no-referrer'
        })).catch(() => {});
      } catch (error) {
        Object.assign(new Image(), { crossOrigin: '', referrerPolicy: 'no-referrer', src: url });
      }
    };

    /** Send a beacon if there is something to report, and it is time for it or the page is `leaving`. */
    const report = leaving => {
      if (latency === undefined) safely(() => measure(performance.getEntriesByType('resource')))();
      find();
      // A session is a page view in which the widget was loaded or failed; resource timing shows that it was loaded.
      if (latency === undefined && !errors.size && !(element && (leaving || !window.PerformanceObserver))) return;
      version = version || versionIn(src);
      if (!version) ask();
      else if ((leaving || !held) && beacons < MAX_BEACONS && (!beacons || errors.size || latency != null)) {
        send();
        hold(BETWEEN_BEACONS);
      }
    };
    const hold = time => {
      held = true;
      clearTimeout(timer);
      timer = setTimeout(safely(() => {
        held = false;
        report();
      }), time);
    };

    /**
     * The frames that are the widget's own, `path:line:column` below the release's folder. All browsers write a URL and
     * its position so; what has no position, or is not plain, is left out.
     */
    const trim = urls => urls.filter(own).map(url => url.replace(/[?#].*(?=:\d+:\d+$)/, '').replace(base, '')
      .replace(folder, '').replace(/^(v\d+\.|latest|~)[^/]*\//, '')
    ).filter(frame => /^[!#-[\]-~]{1,200}:\d+:\d+$/.test(frame)).slice(0, MAX_FRAMES);

    const count = (message, urls = []) => {
      // Halves of surrogate pairs can't be encoded as UTF-8.
      const text = String(message).replace(/[\ud800-\udfff]/g, '?').slice(0, MAX_MESSAGE) || 'error';
      const frames = trim(urls);
      const key = text.replace(/\d+/g, '#') + frames;
      const known = errors.get(key);
      if (known) known[1] += known[1] < MAX_COUNT;
      else if (errors.size < MAX_ERRORS) errors.set(key, frames[0] ? [text, 1, frames] : [text, 1]);
      report();
    };

    /**
     * Count an error if it is the widget's: thrown in one of its files, or with one of them on the stack. But when the
     * widget calls a listener of the page, the page's file is on top of the stack, and the error is the page's.
     */
    const blame = (error, filename, message) => {
      const trace = error ? error.stack + ' ' + error.message : '';
      const urls = trace.match(/\w+:\/\/[^\s)]+/g) || [];
      if (own(filename) || own(urls[0]) || (urls.some(own) && !urls[0].startsWith(location.origin + '/')))
        count(error || message, urls[0] ? urls : [filename]);
    };

    listen('error', event => {
      const target = event.target;
      const url = target.src || target.href;
      if (!/^(script|link)$/i.test(target.tagName))
        blame(event.error, `${event.filename}:${event.lineno}:${event.colno}`, event.message);
      else if (own(url)) count('failed to load ' + url.replace(/[?#].*/, '').replace(base, ''));
    });
    listen('unhandledrejection', event => blame(event.reason));
    // A page from the back/forward cache continues with the same id and count.
    listen('pagehide', () => report(true));
    listen('visibilitychange', () => report(document.visibilityState === 'hidden'));
    // Memory is the widget's doing: it is compared with the page before it, or not reported.
    safely(() => performance.getEntriesByType('resource').some(entry => own(entry.name)) || (before = heap()))();
    // Also reports resources that are loaded long after load, or when the page's buffer of entries is full.
    safely(() => new PerformanceObserver(safely(list => {
      if (latency !== null) {
        measure(list.getEntries());
        // What a script has just inserted may still be on its way.
        if (latency >= 0 && !held) hold(AFTER_LOAD);
      }
    })).observe({ type: 'resource', buffered: true }))();
    if (document.readyState === 'complete') hold(AFTER_LOAD);
    else listen('load', () => hold(AFTER_LOAD));
  };

  safely(() => {
    const api = window.edgeship = window.edgeship || {};
    // A second copy of this script on the page uses the first one's function.
    api.watch = api.watch || safely(watch);
    api.watch(script.dataset);
  })();
})();
