// What index.d.ts promises, and what it refuses. tests/examples/test_loader_package.py compiles it.
import { load, type Fallback, type Loaded } from 'edgeship-loader';

interface Checkout {
  open(cart: string): void;
}

const cdn = 'https://widgets.example.com';

const found = await load<Checkout>({ cdn, widget: 'checkout', channel: '~1', timeout: 2000 });
found.module.open('17');
const version: string | undefined = found.version;
const told: Loaded = found;
if (found.from === 'fallback') {
  const reason: Error = found.reason;
} else {
  const none: undefined = found.reason;
}
const untyped = await load({ cdn, widget: 'checkout' });
const value: unknown = untyped.module['anything'];

const script = await load<Checkout>({ cdn, widget: 'checkout', kind: 'classic', global: 'Checkout' });
script.global.open('17');
const own: Fallback<Checkout> = async (reason) => ({ open: (cart) => console.log(cart, reason.message) });
await load<Checkout>({ cdn, widget: 'checkout', fallback: own });
await load<Checkout>({ cdn, widget: 'checkout', fallback: `${cdn}/checkout/v1.4.2/widget.js` });

// @ts-expect-error: a widget has a name
load({ cdn });
// @ts-expect-error: there are two kinds of scripts
load({ cdn, widget: 'checkout', kind: 'style' });
// @ts-expect-error: a number of milliseconds
load({ cdn, widget: 'checkout', timeout: '2 s' });
// @ts-expect-error: a module sets no global
load({ cdn, widget: 'checkout', kind: 'module', global: 'Checkout' });
// @ts-expect-error: a fallback gives what the module would
load<Checkout>({ cdn, widget: 'checkout', fallback: () => ({ close() {} }) });
// @ts-expect-error: the version may be unknown
const known: string = found.version;
// @ts-expect-error: a classic script has no module
script.module;
// @ts-expect-error: there is a reason only after a fallback
const always: Error = found.reason;
// @ts-expect-error: no such option
load({ cdn, widget: 'checkout', chanel: 'next' });
