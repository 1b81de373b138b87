/* node build.mjs: the sources as they are. Browsers need no more; a bundler or a minifier has its place here. */
import { cp, rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await cp('src', 'dist', { recursive: true });
