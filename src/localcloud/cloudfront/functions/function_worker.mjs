// The process that runs one CloudFront Function (cloudfront-js-2.0). Node's own modules only, run as a script.
//
//   node function_worker.mjs
//
// Reads JSON lines: first {name, source, storeId, budgetSeconds}; then {store} with a new content of the key value
// store, and {id, event, rawQuery} for each run. Answers each run, in order, with {id, result} or {id, error}. What
// the function logs goes to standard error. Ends when its input does; a run that uses more than its budget of CPU time
// ends the process with SIGKILL, so no run outlives the process that asked for it.
//
// The rules are those of https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/, functions-javascript-
// runtime-20, functions-custom-methods and general-helper-methods.

import { Buffer } from 'node:buffer';
import crypto from 'node:crypto';
import querystring from 'node:querystring';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';

const LOG_BYTES = 10 * 1024; // of one run: "truncated at 10 KB"
const IMPORT = /^([ \t]*)import\s+([A-Za-z_$][\w$]*)\s+from\s+(['"])([^'"\n]+)\3[ \t]*;?/gm;
const NOT_IN_NJS = ['Atomics', 'FinalizationRegistry', 'Intl', 'SharedArrayBuffer', 'WeakRef', 'WebAssembly'];
const PENDING = Symbol('pending');

// Evaluated in the function's context, so that what the function gets is of its own realm.
const PRELUDE = `(function (host) {
  'use strict';
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [host.now()], made),
    apply: () => new RealDate(host.now()).toString(),
    get: (target, key) => (key === 'now' ? host.now : Reflect.get(target, key)),
  });
  RealDate.prototype.constructor = globalThis.Date;
  for (const name of host.absent) delete globalThis[name];
  const store = (id) => {
    const problem = host.storeProblem(id);
    if (problem) throw new Error(problem);
    return {
      async get(key, options) {
        const value = host.value(key);
        if (value === undefined) throw new Error('KeyNotFound: ' + key);
        const format = (options && options.format) || 'string';
        if (format === 'string') return value;
        if (format === 'json') return JSON.parse(value);
        if (format === 'bytes') return host.bytes(value);
        throw new Error('format ' + format + ' is none of string, json and bytes');
      },
      async exists(key) { return host.value(key) !== undefined; },
      async count() { return host.meta().keyCount; },
      async meta() { return JSON.parse(JSON.stringify(host.meta())); },
    };
  };
  const absent = (name) => () => { throw new Error('cloudfront.' + name + ' is not imitated'); };
  const hashed = (make) => (algorithm, key) => {
    if (!['md5', 'sha1', 'sha256'].includes(algorithm)) throw new TypeError('not a hash: ' + algorithm);
    return make(algorithm, key);
  };
  const cloudfront = { kvs: store, edgeLocation: {} };
  cloudfront.createRequestOriginGroup = (chosen) => host.choose(JSON.stringify(chosen));
  for (const name of ['updateRequestOrigin', 'selectRequestOriginById']) {
    cloudfront[name] = absent(name);
  }
  const modules = {
    cloudfront,
    crypto: { createHash: hashed(host.createHash), createHmac: hashed(host.createHmac) },
    querystring: host.querystring,
    buffer: { Buffer: host.Buffer },
  };
  globalThis.Buffer = host.Buffer;
  globalThis.console = { log: host.log, error: host.log };
  const own = new Set(Reflect.ownKeys(globalThis));
  return {
    sweep() {
      for (const name of Reflect.ownKeys(globalThis)) if (!own.has(name)) delete globalThis[name];
    },
    parse: JSON.parse,
    load(name) {
      if (!Object.hasOwn(modules, name)) throw new Error('Cannot find module "' + name + '"');
      return modules[name];
    },
    withQuery(event, raw) {
      Object.defineProperty(event.request, 'rawQueryString', { value: () => (raw === '' ? undefined : raw) });
      return event;
    },
  };
})`;

// On a thread of its own, since a function that does not end holds the main one.
const WATCHDOG = `
const { workerData: { running, budget } } = require('node:worker_threads');
let seen = 0, before;
setInterval(() => {
  const run = Atomics.load(running, 0);
  if (run !== seen) { seen = run; before = process.cpuUsage(); return; }
  if (run === 0) return;
  const used = process.cpuUsage(before);
  if (used.user + used.system > budget * 1e6) process.kill(process.pid, 'SIGKILL');
}, 20);
`;

let settings, content = {}, now = 0, logged = 0, chosen, requestId = '', runs = 0, realm, body, failure;
const running = new Int32Array(new SharedArrayBuffer(4));

function start(message) {
  settings = message;
  new Worker(WATCHDOG, { eval: true, workerData: { running, budget: settings.budgetSeconds } }).unref();
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  realm = vm.runInContext(PRELUDE, context)({
    absent: NOT_IN_NJS,
    now: () => now,
    log,
    choose: (group) => { chosen = group && JSON.parse(group); },
    value: (key) => content.values?.[String(key)],
    meta: () => ({
      creationDateTime: content.created, lastUpdatedDateTime: content.updated,
      keyCount: Object.keys(content.values ?? {}).length,
    }),
    storeProblem: (id) => {
      if (!settings.storeId) return 'no key value store is associated with the function';
      return id === undefined || id === settings.storeId ? '' : `the key value store ${id} is not associated`;
    },
    bytes: (value) => Buffer.from(value),
    createHash: (algorithm) => crypto.createHash(algorithm),
    createHmac: (algorithm, key) => crypto.createHmac(algorithm, key),
    querystring,
    Buffer,
  });
  // The whole module is evaluated for each run: as in njs, no variable survives one. In njs, too, a module has default
  // imports only; all others are syntax errors inside a function.
  const module = settings.source.replace(IMPORT, "$1const $2 = require('$4');");
  const wrapped = `(function (require) {'use strict';${module}\n;return typeof handler === 'function' && handler;})`;
  try {
    body = new vm.Script(wrapped, { filename: `${settings.name}.js` }).runInContext(context);
  } catch (error) {
    failure = described(error);
  }
}

function log(...values) {
  if (logged >= LOG_BYTES) return;
  const text = values.map((v) => (typeof v === 'string' ? v : JSON.stringify(v) ?? String(v))).join(' ');
  const kept = Buffer.from(text).subarray(0, LOG_BYTES - logged);
  logged += kept.length;
  process.stderr.write(`${settings.name} ${requestId} ${kept.toString()}\n`);
}

function described(error) {
  if (!error || !error.stack) return `threw ${String(error)}`;
  // Without the frames of this script and of Node.
  return String(error.stack).split('\n').filter((line) => !/^ +at .*(node:|file:|evalmachine)/.test(line)).join('\n');
}

async function run({ id, event, rawQuery }) {
  if (failure) return { id, error: failure };
  now = Date.now();
  logged = 0;
  chosen = undefined;
  requestId = event.context.requestId;
  runs = (runs % 0x3fffffff) + 1;
  Atomics.store(running, 0, runs);
  try {
    const handler = body(realm.load);
    if (!handler) throw new Error('the code has no function named handler');
    let result = handler(realm.withQuery(event, rawQuery));
    if (result && typeof result.then === 'function') {
      // Nothing that a function may wait for takes longer than its microtasks.
      const late = new Promise((resolve) => setImmediate(resolve, PENDING));
      result = await Promise.race([result, late]);
      if (result === PENDING) throw new Error('the handler waits for what never comes');
    }
    JSON.stringify(result);
    return { id, result, group: chosen };
  } catch (error) {
    return { id, error: described(error) };
  } finally {
    Atomics.store(running, 0, 0);
    realm.sweep();
  }
}

const queue = [];
let draining = false, rest = '';

async function drain() {
  if (draining) return;
  draining = true;
  while (queue.length) {
    const line = queue.shift();
    const message = realm ? realm.parse(line) : JSON.parse(line);
    if (message.source !== undefined) start(message);
    else if (message.store !== undefined) content = { ...message.store, values: { __proto__: null, ...message.store.values } };
    else process.stdout.write(JSON.stringify(await run(message)) + '\n');
  }
  draining = false;
}

// A promise that a function left alone: its run is over.
process.on('unhandledRejection', (error) => log(described(error)));
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  queue.push(...lines);
  drain();
});
process.stdin.on('end', () => process.exit());
