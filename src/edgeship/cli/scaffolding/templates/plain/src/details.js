/* What a click loads. */
import { version } from './version.js';

export const details = () => {
  const text = document.createElement('p');
  text.id = 'details';
  text.dataset.version = version;
  text.textContent = `This is release ${version}.`;
  return text;
};
