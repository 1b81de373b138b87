/* The entrypoint: it defines <@ELEMENT@>, which shows a button, and loads the rest when somebody needs it. */
import { version } from '../package.json';
import style from './style.css?inline';

class Widget extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    // The page's styles do not reach into the shadow root, and these do not reach out.
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const button = document.createElement('button');
    button.textContent = `@WIDGET@ ${version}`;
    button.addEventListener('click', () => this.open(root), { once: true });
    root.append(button);
    this.dataset.version = version;
  }

  async open(root) {
    const { details } = await import('./details.js');
    root.append(details());
  }
}

customElements.define('@ELEMENT@', Widget);
if (!document.querySelector('@ELEMENT@')) document.body.append(document.createElement('@ELEMENT@'));
