// Which release a request gets. Values are written by src/edgeship/domain/edge/route_values.py.

// A value, with its releases as a list in `v`. One from before this code has the list, and the entrypoint in `e`.
function parsed(value) {
  const routes = value[0] === '{' ? JSON.parse(value) : { v: value };
  if (typeof routes.v === 'string') {
    routes.v = routes.v.split('|');
    routes.e = routes.v.shift();
  }
  return routes;
}

// What a value has for a selector: an index, a choice, or null.
function entryIn(routes, selector) {
  if (Object.prototype.hasOwnProperty.call(routes.c || {}, selector)) return routes.c[selector];
  for (let i = 0; i < routes.v.length; i++) if (routes.v[i].split(' ').indexOf(selector, 2) > 0) return i;
  return null;
}

// The release with this index.
function releaseIn(routes, index) {
  const words = routes.v[index].split(' ');
  const how = words[1].split(':');
  return { version: words[0], how: how[0], entrypoint: how[1] || routes.e };
}

async function chosenBy(event, widget, selector, routes) {
  let entry = entryIn(routes, selector);
  if (entry.p) {
    const index = await byFlag(event, widget + '/' + selector + '@', entry);
    if (index >= 0) return index;
    entry = entry.o;
  }
  if (typeof entry === 'number') return entry;
  const track = decoded(firstOf(event.request, 'edgeship-track')).toString();
  if (track === 'candidate') return entry[1];
  if (track === 'stable') return entry[0];
  // A rollout of 0 % is for testers alone.
  if (entry[3] && (await has(widget + '/' + selector + '@' + digestOf(event, widget + '/testers').token))) return entry[1];
  if (!entry[2]) return entry[0];
  const salt = widget + '/' + selector + '/' + releaseIn(routes, entry[1]).version;
  return digestOf(event, salt).bucket < entry[2] ? entry[1] : entry[0];
}

// What the flag says for this user: an index, or -1 for what the channel means without it.
async function byFlag(event, targets, entry) {
  const now = Date.now() / 1000;
  let phase = entry.p[0];
  for (let i = 1; i < entry.p.length; i++) if (entry.p[i][0] <= now) phase = entry.p[i];
  const user = digestOf(event, entry.k);
  if (phase.length > 2 && (await has(targets + user.token))) return phase[2];
  for (let i = 0; i < phase[1].length; i++) if (user.bucket < phase[1][i][0]) return phase[1][i][1];
  return -1;
}
