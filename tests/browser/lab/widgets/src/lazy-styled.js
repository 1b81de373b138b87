import './lazy.css';
import './lazy.js';
import { say } from './say.js';

say('chunk style', getComputedStyle(document.documentElement).getPropertyValue('--lazy-version').replace(/"/g, '').trim());
