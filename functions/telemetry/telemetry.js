/*
 * edgeship's beacon client: reports to /telemetry how the widgets on a page perform. docs/telemetry.md says what it
 * sends.
 *
 *   <script defer src="https://CDN/edgeship/telemetry.js" data-widget="checkout" crossorigin="anonymous"></script>
 *   edgeship.watch({widget: 'checkout', version: '1.4.2', src: …, sample: 0.1, endpoint: …})
 *   edgeship.ready(document.querySelector('#checkout'), 5)
 *   edgeship.track('checkout_ms', 2310)
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
  const MAX_MESSAGE = 200; // UTF-16 units
  const MAX_FRAMES = 5;
  const MAX_TRACKED = 5; // between two beacons; the longest task is one more
  const MAX_VALUE = 1000000000000;
  const HANG = 5000; // milliseconds
  /**
   * CloudFront refuses URLs over 8,192 bytes
   * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html).
   */
  const MAX_DATA = 7000;
  const AFTER_LOAD = 1000; // milliseconds
  const BETWEEN_BEACONS = 5000; // milliseconds

  /** `act`, without its exceptions. */
  const safely = act => (...values) => {
    try {
      return act(...values);
    } catch (error) {
      // Not reported: the page is not ours.
    }
  };
  const listen = (target, type, act) => target.addEventListener(type, safely(act), true);
  const observe = (type, act) => safely(() =>
    new PerformanceObserver(safely(list => act(list.getEntries()))).observe({ type, buffered: true }))();

  const script = document.currentScript;
  /** The CDN's address: this script is <CDN>/edgeship/telemetry.js. Undefined when it was loaded in another way. */
  const home = safely(() => new URL('..', script.src).href)();
  /** Drawn once a page view: of widgets with the same rate, all or none are in the sample. */
  const draw = Math.random();
  /** What pages may call for a widget, by its name. */
  const watched = new Map();

  const watch = options => {
    const widget = options.widget;
    if (!widget || watched.has(widget) || draw >= options.sample) return;
    const base = home + widget + '/';
    const endpoint = options.endpoint || new URL('telemetry', home).href; // throws when there is no home
    let src = options.src && new URL(options.src, document.baseURI).href;
    /** The folder of a widget that is not under its name: at the CDN's root, or on another CDN. */
    const folder = src ? src.replace(/[^/]*$/, '') : base;
    // Of the page view for this widget: no two widgets share one.
    const id = Math.random().toString(16).slice(2);

    /** Not yet reported, [message, count, frames] by the message without its numbers, and the frames. */
    const errors = new Map();
    /** Not yet reported, [name, value]. */
    const tracked = [];
    /** The documents that are listened to. */
    const seen = new WeakSet();
    let version, // of the widget, when it is known
      token, // of the page view, when the CDN has given one
      before, // the page's heap in MB before the widget was loaded, if this runs early enough and the browser says it
      started, // when the session began: its first beacon was sent
      element, // of the entrypoint, if the page has one
      latency, // of the entrypoint, in milliseconds; null when it is reported
      failed, // an error was reported
      asked, // the version was requested
      exact, // the version in the URL whose latency is known, if it has one
      held = -1, // a timer: until a second after load, and for five after a beacon; 0 when nothing is held back
      longest = 0, // of the widget's tasks, in milliseconds, since the last beacon
      beacons = 0;

    /** Whether a URL belongs to the widget. */
    const own = url => (url + '').startsWith(base) || (url + '').startsWith(folder);
    const heap = () => performance.memory.usedJSHeapSize / 1e6;
    const isEntry = url => src ? url === src : own(url) && /\.m?js(\?|$)/.test(url);

    /** The version is known. Ask for the token that says that a page view reports; no beacon waits for it. */
    const know = safely(found => {
      if (version || !found) return;
      version = found;
      fetch(new URL(`edgeship/token?w=${widget}&r=${version}`, home), { // throws when there is no home
        cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer'
      }).then(answer => answer.text()).then(text => {
        if (/^[\w.-]{48}$/.test(text)) token = text;
      }).catch(() => {});
    });

    /** Look for the entrypoint in a window and its frames, and listen to those that are new. */
    const visit = safely(view => {
      const page = view.document; // throws if the frame is of another origin
      if (!seen.has(page)) {
        seen.add(page);
        attend(view, page);
      }
      element = element || [...page.querySelectorAll('script[src],link[href]')]
        .find(found => isEntry(found.src || found.href));
      if (element && !src) src = element.src || element.href;
      if (latency === undefined) measure(view.performance.getEntriesByType('resource'));
      for (let frame = 0; frame < view.length; frame++) visit(view[frame]);
    });

    const versionIn = url => (/\/v(\d+\.\d+\.\d[^/]*)\//.exec(url) || [])[1];

    /**
     * Read the entrypoint's latency from resource timing, and the version from what comes from an exact path. A moving
     * path may answer a script that inserts the exact one: both are waited for.
     */
    const measure = entries => entries.forEach(entry => {
      const url = entry.name;
      if (!own(url)) return;
      know(versionIn(url));
      const same = url.endsWith(String(src).replace(/.*\//, '/'));
      if (latency === undefined ? same || isEntry(url) : same && versionIn(url) && !exact) {
        exact = versionIn(url);
        src = exact && src || url; // the page's own, which may name a channel
        latency = (latency || 0) + entry.duration | 0;
      }
    });

    /** Read the version from the page's own answer, which is in the browser's cache. */
    const ask = () => {
      // A file that was loaded without CORS may be cached without its headers.
      if (asked || !src || (element && !element.crossOrigin && !/mod/.test(element.type + element.rel))) return;
      asked = true;
      fetch(src, { cache: 'force-cache', credentials: 'omit' }).then(answer => {
        know(answer.headers.get('x-amz-meta-version'));
        hold(AFTER_LOAD);
      }).catch(() => {});
    };

    const send = () => {
      const beacon = { v: 1, w: widget, r: version, i: id, n: beacons, t: token, c: place(src) };
      if (!beacons++) {
        beacon.s = 1;
        started = Date.now();
        if (before) beacon.m = Math.max(0, heap() - before);
      }
      if (errors.size) {
        beacon.e = [...errors.values()];
        errors.clear();
        if (!failed) {
          failed = beacon.f = 1;
          // The failure belongs to the session, which may have begun hours ago.
          beacon.a = (Date.now() - started) / 1e3 | 0 || undefined;
        }
      }
      if (latency != null) {
        beacon.l = latency;
        latency = null;
      }
      if (longest) tracked.push(['long_task_ms', longest]);
      if (tracked.length) beacon.k = tracked.splice(longest = 0);
      // In base64url, which a signature at the CDN changes nothing of: encodeURIComponent leaves ' and ( as they are, and
      // AWS signs them encoded. Frames go before messages. This ends: a beacon with one message is within the limit.
      let data;
      while ((data = btoa(unescape(encodeURIComponent(JSON.stringify(beacon))))
        .replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')).length > MAX_DATA)
        (beacon.e.filter(error => error[2]).pop() || beacon.e).pop();
      // A GET: CloudFront signs requests to the function behind it, and for a POST it needs the body's hash from here.
      fetch(endpoint + '?d=' + data, {
        keepalive: true, mode: 'no-cors', credentials: 'omit', referrerPolicy: 'no-referrer'
      }).catch(() => {});
    };

    /** Send a beacon if there is something to report, and it is time for it or the page is `leaving`. */
    const report = leaving => {
      visit(window);
      // A session is a page view in which the widget was loaded or failed; resource timing shows that it was loaded.
      if (latency === undefined && !errors.size && !(element && leaving)) return;
      know(versionIn(src));
      if (!version) ask();
      else if ((leaving || !held) && beacons < MAX_BEACONS
        && (!beacons || errors.size || latency != null || tracked.length)) {
        send();
        hold(BETWEEN_BEACONS);
      }
    };
    const hold = time => {
      clearTimeout(held);
      held = setTimeout(safely(() => report(held = 0)), time);
    };

    /**
     * The frames that are the widget's own, `path:line:column` below the release's folder. All browsers write a URL and
     * its position so; what has no position, or is not plain, is left out.
     */
    const trim = urls => urls.filter(own).map(url => place(url).replace(folder, ''))
      .filter(frame => /^[!-~]{1,200}:\d+:\d+$/.test(frame)).slice(0, MAX_FRAMES);

    const count = (error, urls = []) => {
      // Of an object that says nothing, the names of its properties.
      const text = String(/^\[object/.test(error) ? 'object with ' + Object.keys(error) : error)
        .slice(0, MAX_MESSAGE) || 'error';
      const frames = trim(urls);
      const key = text.replace(/\d+/g, '#') + frames;
      const known = errors.get(key);
      if (known) known[1]++;
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

    /** A URL in a message, without its query: below the widget's folder, or another's origin, since more may be private. */
    const place = url => own(url)
      ? url.replace(/[?#].*?(:\d+:\d+)?$/, '$1').replace(base, '') : url.replace(/(\w\/).*/, '$1');

    const attend = (view, page) => {
      listen(view, 'error', event => {
        const target = event.target;
        const url = target.currentSrc || target.src || target.href;
        if (target === view) blame(event.error, event.filename + ':' + event.lineno + ':' + event.colno, event.message);
        else if (own(url)) count('failed to load ' + place(url));
      });
      listen(view, 'unhandledrejection', event => {
        const reason = event.reason;
        if (reason && reason.stack) blame(reason);
        // Nothing says where it comes from: it is the widget's if no other script is in the document.
        else if (element && [...page.scripts].every(each => each === script || own(each.src))) count(reason);
      });
      listen(view, 'securitypolicyviolation', event => {
        const url = event.blockedURI;
        // 'report' blocks nothing; browsers without the property know no such policy.
        if (!(event.disposition > 'f') && (own(url) || own(event.sourceFile)))
          count(event.effectiveDirective + ' blocks ' + place(url));
      });
      // A frame's new document, after it is loaded.
      listen(page, 'load', event => event.target.contentWindow && visit(window));
    };

    observe('long-animation-frame', frames => frames.forEach(frame => {
      // An alert's time is the user's.
      const time = frame.scripts.reduce((sum, each) =>
        sum + own(each.sourceURL) * (each.duration - each.pauseDuration), 0) | 0;
      longest = Math.max(longest, time);
      if (time >= HANG) count('hangs for ' + time + ' ms');
    }));

    watched.set(widget, [
      (element, after = 5) => setTimeout(safely(() => {
        const root = element && element.shadowRoot || element;
        // In a hidden page, nothing may have been drawn.
        if (!document.hidden && !(root && (root.children[0] || root.textContent.trim()))) count('empty element');
      }), after * 1e3),
      (name, value) => {
        if (tracked.length < MAX_TRACKED && /^[a-z][a-z0-9_]{0,31}$/.test(name) && Math.abs(value) <= MAX_VALUE) {
          tracked.push([name, +value]);
          report();
        }
      }
    ]);
    // A page from the back/forward cache continues with the same id and count.
    listen(window, 'pagehide', report);
    listen(window, 'visibilitychange', () => report(document.hidden));
    // Memory is the widget's doing: it is compared with the page before it, or not reported.
    know(options.version);
    visit(window);
    if (latency === undefined) safely(() => (before = heap()))();
    // Also reports resources that are loaded long after load, or when the page's buffer of entries is full.
    observe('resource', entries => {
      if (latency !== null) {
        visit(window);
        measure(entries);
        // What a script has just inserted may still be on its way.
        if (latency >= 0 && !held) hold(AFTER_LOAD);
      }
    });
    // 'complete', not 'interactive' or 'loading'.
    if (document.readyState < 'd') hold(AFTER_LOAD);
    else listen(window, 'load', () => hold(AFTER_LOAD));
  };

  /** A function of one watched widget, or of each on the page. */
  const call = number => safely((what, value, widget) => watched.forEach((functions, name) => {
    if ((widget || name) === name) functions[number](what, value);
  }));

  safely(() => {
    // A second copy of this script on the page uses the first one's functions.
    window.edgeship = window.edgeship || { watch: safely(watch), ready: call(0), track: call(1) };
    edgeship.watch(script.dataset);
  })();
})();
