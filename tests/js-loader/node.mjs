// What the package does where there is no browser, as when a server renders the page.
import { load } from 'edgeship-loader';

const closed = { cdn: 'http://127.0.0.1:9', widget: 'checkout' };
const failed = (promise) => promise.then(() => 'loaded', (error) => `${error.name}: ${error.message}`);
const { reason, ...found } = await load({ ...closed, fallback: () => 'ours' });
process.stdout.write(
  JSON.stringify({
    found,
    reason: reason.message,
    module: await failed(load({ ...closed, channel: 'next' })),
    classic: await failed(load({ ...closed, channel: '1.4.2', kind: 'classic', fallback: () => Promise.reject('no') })),
    none: await failed(load({ ...closed, widget: '' })),
    path: await failed(load({ ...closed, widget: '../x', channel: '../y' })),
  }),
);
