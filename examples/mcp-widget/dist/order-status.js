/*
 * <order-status>: shows what a tool has found out about an order, in any host of MCP Apps and in ChatGPT.
 */
const VERSION = '1.0.0';

/** Asks the host by JSON-RPC over postMessage; see the specification of MCP Apps, 2026-01-26. */
const host = {
  next: 1,
  send: message => parent.postMessage({ jsonrpc: '2.0', ...message }, '*'),
  request(method, params) {
    const id = host.next++;
    return new Promise((resolve, reject) => {
      addEventListener('message', function answer({ source, data }) {
        if (source !== parent || data?.id !== id || data.method) return;
        removeEventListener('message', answer);
        if (data.error) reject(new Error(data.error.message));
        else resolve(data.result);
      });
      host.send({ id, method, params });
    });
  },
  on(method, act) {
    addEventListener('message', ({ source, data }) => {
      if (source === parent && data?.method === method) act(data.params);
    });
  },
};

class OrderStatus extends HTMLElement {
  connectedCallback() {
    this.show(window.openai?.toolOutput);
    addEventListener('openai:set_globals', ({ detail }) => this.show(detail?.globals?.toolOutput));
    host.on('ui/notifications/tool-result', result => this.show(result?.structuredContent));
    host.request('ui/initialize', {
      protocolVersion: '2026-01-26',
      appInfo: { name: 'order-status', version: VERSION },
      appCapabilities: {},
    }).then(() => {
      host.send({ method: 'ui/notifications/initialized' });
      this.reportSize();
    });
  }

  show(order) {
    this.textContent = order ? `Order ${order.number}: ${order.status}` : 'Order: loading';
    this.dataset.version = VERSION;
    this.reportSize();
  }

  reportSize() {
    const { width, height } = document.documentElement.getBoundingClientRect();
    host.send({ method: 'ui/notifications/size-changed', params: { width: Math.ceil(width), height: Math.ceil(height) } });
  }
}

if (!customElements.get('order-status')) customElements.define('order-status', OrderStatus);
