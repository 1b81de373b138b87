/* The entrypoint: it defines <@ELEMENT@>, which shows a button, and loads the rest when somebody needs it. */
import { style } from './style.js';
import { version } from './version.js';

class Widget extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    const button = document.createElement('button');
    button.textContent = `@WIDGET@ ${version}`;
    button.addEventListener('click', () => this.open(root), { once: true });
    root.append(style(), button);
    this.dataset.version = version;
  }

  /* A relative import is of the release that the page has, whatever is released meanwhile. */
  async open(root) {
    const { details } = await import('./details.js');
    root.append(details());
  }
}

customElements.define('@ELEMENT@', Widget);
if (!document.querySelector('@ELEMENT@')) document.body.append(document.createElement('@ELEMENT@'));
