/* Shared by the entry and the chunk: some bundlers keep it in the entry, which the chunk then imports. */
export const say = (part, version) => window.__loaded.push({ part, version });
export const fail = part => error => window.__loaded.push({ part, version: null, reason: String(error) });
