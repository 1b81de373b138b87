/** What both kinds of entrypoints share. */
interface Wanted {
  /** The CDN's address, such as `https://widgets.example.com`. */
  cdn: string;
  widget: string;
  /** `latest`, another channel (`next`), a range (`~1`, `~1.4`) or a version (`1.4.2`). Default: `latest`. */
  channel?: string;
  /** The entrypoint's path in the bundle. Default: `widget.js`. */
  file?: string;
  /** Milliseconds for the CDN, and again for a fallback's URL. Default: 5000. */
  timeout?: number;
}

/** What runs when the CDN does not answer: the URL of a script, or a function that gets the reason. */
export type Fallback<Found> = string | ((reason: Error) => Found | PromiseLike<Found>);

export interface ModuleOptions<Module> extends Wanted {
  kind?: 'module';
  global?: undefined;
  fallback?: Fallback<Module>;
}

export interface ClassicOptions<Global> extends Wanted {
  kind: 'classic';
  /** The name of the variable that the script sets. */
  global?: string;
  fallback?: Fallback<Global>;
}

interface FromCdn {
  from: 'cdn';
  reason?: undefined;
}

interface FromFallback {
  from: 'fallback';
  /** Why the CDN's was not used. */
  reason: Error;
}

/** `version` is undefined where nothing says it: see the README. */
export type Loaded = { version: string | undefined; channel: string } & (FromCdn | FromFallback);

/**
 * Loads a widget once, however often it is called.
 *
 * The promise rejects with an `Error` whose message has the URL and the reason, when neither the CDN nor the fallback gave the
 * widget; with a `TypeError` when the options name none. The next call then tries again.
 */
export function load<Module = Record<string, unknown>>(
  options: ModuleOptions<Module>,
): Promise<Loaded & { module: Module }>;
export function load<Global = unknown>(options: ClassicOptions<Global>): Promise<Loaded & { global: Global }>;
