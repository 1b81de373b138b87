/* The code that a click needs. */
import { version } from './chunk-version.js';
import { say } from './say.js';

say('chunk', version);
