// The answers that the router gives itself. No response-headers policy is sure to touch these: each has all headers.

function answer(status, description, more, body) {
  const headers = {
    'access-control-allow-origin': { value: '*' },
    'access-control-expose-headers': { value: CONFIG.exposedHeaders },
    'cross-origin-resource-policy': { value: 'cross-origin' },
    'strict-transport-security': { value: 'max-age=63072000' },
    'timing-allow-origin': { value: '*' },
    'x-content-type-options': { value: 'nosniff' },
  };
  for (const name in more) headers[name] = { value: more[name] };
  const made = { statusCode: status, statusDescription: description, headers: headers };
  if (body) made.body = { encoding: 'text', data: body };
  return made;
}

// This page view gets a release: what is asked for lies at an exact path.
function redirect(location, version) {
  return answer(302, 'Found', {
    'cache-control': CONFIG.movingCacheControl,
    location: location,
    'x-amz-meta-version': version,
  });
}

// The same for a classic script: a script that inserts the exact one. Programs that run no script follow the header; a
// preload by `Link` would break the policy of pages that trust scripts by nonces alone.
function insert(location, version, integrity, host) {
  const values = { CDN: CONFIG.scheme + '://' + host + '/', PATH: location.slice(1), INTEGRITY: integrity };
  const body = STUB.replace(/CDN|PATH|INTEGRITY/g, function (place) {
    return JSON.stringify(values[place]).slice(1, -1);
  });
  return script(body, location, version);
}

// The same for a module that scripts of its release import: without the query, as they do, so that it runs once.
function reExport(exact, version, hasDefault) {
  const from = ' from ' + JSON.stringify(exact) + ';\n';
  return script('export *' + from + (hasDefault ? 'export { default }' + from : ''), exact, version);
}

// `location` is the exact script that it leads to, of the release `version`, if to any.
function script(body, location, version) {
  const headers = {
    'cache-control': CONFIG.movingCacheControl,
    'content-type': 'text/javascript; charset=utf-8',
  };
  if (location) {
    headers['x-amz-meta-version'] = version;
    headers['x-edgeship-location'] = location;
  }
  return answer(200, 'OK', headers, body);
}

function preflight() {
  return answer(204, 'No Content', {
    'access-control-allow-headers': '*, authorization',
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-max-age': '86400',
    'cache-control': 'no-store',
  });
}

// As JSON, so that the answer is ASCII on one line whatever was asked for.
function quoted(name) {
  return JSON.stringify(name.length > 200 ? name.slice(0, 200) + '...' : name).replace(/[^ -~]/g, '?');
}

function notFound(kind, name, widget) {
  const sentence = {
    widget: 'There is no widget ' + quoted(name) + '.',
    channel: 'Widget ' + quoted(widget) + ' has no channel ' + quoted(name) + '.',
    range: 'Widget ' + quoted(widget) + ' has no live release in the range ' + quoted(name) + '.',
    file: 'No release of widget ' + quoted(widget) + ' can have a file ' + quoted(name) + '.',
    path: 'No release has the path ' + quoted(name) + '. Write /<widget>/latest/<file> or /<widget>/~<channel>/<file>.',
  }[kind];
  return answer(
    404,
    'Not Found',
    { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
    sentence + '\n'
  );
}
