/* The release that this file is of: its exact path names it, /@WIDGET@/v1.0.0/version.js. */
const [, named] = /\/v(\d[^/]*)\//.exec(new URL(import.meta.url).pathname) ?? [];

export const version = named ?? 'development';
