/* The entrypoint: it defines <@ELEMENT@>, and renders the widget in it. */
import { createRoot } from 'react-dom/client';
import { version } from '../package.json';
import { Widget } from './Widget.jsx';
import style from './style.css?inline';

class Element extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    // The page's styles do not reach into the shadow root, and these do not reach out.
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    createRoot(root).render(<Widget />);
    this.dataset.version = version;
  }
}

customElements.define('@ELEMENT@', Element);
if (!document.querySelector('@ELEMENT@')) document.body.append(document.createElement('@ELEMENT@'));
