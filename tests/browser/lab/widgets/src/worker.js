import { version } from './version.js';

self.postMessage(version);
