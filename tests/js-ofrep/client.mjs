// OpenFeature's own web client with the OFREP provider, steered from outside: one JSON command on a line of standard
// input, one JSON reply on a line of standard output.
import { createInterface } from "node:readline";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const client = OpenFeature.getClient();
let events = [];
for (const event of [ProviderEvents.ConfigurationChanged, ProviderEvents.Stale, ProviderEvents.Error]) {
  client.addHandler(event, (details) => events.push({ event, flags: details?.flagsChanged ?? null }));
}

const ask = {
  boolean: (key, value) => client.getBooleanDetails(key, value),
  string: (key, value) => client.getStringDetails(key, value),
  number: (key, value) => client.getNumberDetails(key, value),
  object: (key, value) => client.getObjectDetails(key, value),
};

const commands = {
  async start({ url, context, poll }) {
    await OpenFeature.setContext(context);
    // Without the cache in localStorage, which Node has in some versions only: a visitor who was never here before.
    const provider = new OFREPWebProvider({ baseUrl: url, pollInterval: poll, cacheMode: "disabled" });
    await OpenFeature.setProviderAndWait(provider);
    return { status: client.providerStatus };
  },
  async context({ context }) {
    await OpenFeature.setContext(context);
    return { status: client.providerStatus };
  },
  details: ({ type, key, otherwise }) => ask[type](key, otherwise),
  status: () => ({ status: client.providerStatus }),
  events() {
    const seen = events;
    events = [];
    return { events: seen };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let reply;
  try {
    reply = await commands[command.do](command);
  } catch (error) {
    reply = { error: String(error?.message ?? error), status: client.providerStatus };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);
