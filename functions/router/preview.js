// CloudFront Function, viewer-request, on every path of the previews' distribution. The specification is
// src/edgeship/domain/previews/preview_router.py; generated requests hold this to it.

const PREVIEW = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

function missing(status, description, sentence) {
  return answer(
    status,
    description,
    { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
    sentence + '\n'
  );
}

function nowhere(sentence) {
  return missing(404, 'Not Found', sentence);
}

// Where the path that moves with each build leads now.
function moving(request, value, widget, name, asked) {
  const file = asked || value.e;
  const path = '/' + widget + '/p/' + name + '/' + value.b[0] + '/' + file;
  if (!file || path.length > MAX_URI_LENGTH) return nowhere('No build of this preview can have such a file.');
  const version = '0.0.0-' + name;
  const location = path + queryOf(request);
  if (asked !== value.e || value.h === '-') return redirect(location, version);
  if (value.h[0] === '*') return reExport(path, version, value.h === '*default');
  const host = request.headers.host;
  return insert(location, version, 'sha256-' + value.h + '=', host ? host.value : '');
}

async function preview(request) {
  const parts = request.uri.split('/');
  const widget = parts[1] || '';
  const second = parts[2] || '';
  const name = parts[3] || '';
  const exact = second === 'p';
  if ((!exact && second !== 'preview') || !WIDGET.test(widget) || !PREVIEW.test(name) || (exact && parts.length < 6))
    return nowhere('No preview has this path. Write /<widget>/preview/<name>/<file>.');
  const file = parts.slice(exact ? 5 : 4).join('/');
  if (climbs(file)) return nowhere('No build of this preview can have such a file.');
  const stored = await read(widget + '/' + name);
  let value = null;
  try {
    value = JSON.parse(stored);
  } catch (error) {
    console.log('a value that can not be read: ' + error);
  }
  if (value === null) return nowhere('There is no such preview. It was never published, or it expired or was removed.');
  if (Date.now() >= value.u * 1000) return missing(410, 'Gone', 'This preview has expired. Publish it again.');
  if (!exact) return moving(request, value, widget, name, file);
  if (value.b.indexOf(parts[4]) < 0) return nowhere('No build of this preview can have such a file.');
  return request;
}

// CloudFront calls it by this name.
async function handler(event) {
  const request = event.request;
  let made;
  if (request.method === 'OPTIONS') made = preflight();
  else if (request.uri === '/edgeship/~t/') made = script(TRUSTED_TYPES);
  else made = await preview(request);
  // Of a file, the response-headers policy says it.
  if (made.statusCode) made.headers['x-robots-tag'] = { value: 'noindex, nofollow' };
  return made;
}
