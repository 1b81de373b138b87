// CloudFront Function, viewer-request: which release a page view gets. The specification is
// src/edgeship/domain/edge/router.py; generated requests hold this to it.
// Event: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html

function goOn(request, uri) {
  request.uri = uri;
  return request;
}

function pathTo(path, second) {
  return '/' + path.widget + '/' + second + '/' + path.file;
}

// Where a moving path leads when there are no routes: `latest` has copies, and the rest is nowhere.
function withoutRoutes(path) {
  return path.second === 'latest' ? '/_latest/' + path.widget + '/' + path.file : pathTo(path, path.second);
}

async function route(event, path, selector) {
  const request = event.request;
  const widget = path.widget;
  const value = await read(widget);
  if (value === null) {
    if ((await read('.revision')) === null) return goOn(request, withoutRoutes(path));
    return notFound('widget', widget, widget);
  }
  let routes = parsed(value);
  if (entryIn(routes, selector) === null) {
    const spilled = routes.m ? await read(widget + '/' + selector) : null;
    if (spilled === null) return notFound(/^[0-9]/.test(selector) ? 'range' : 'channel', selector, widget);
    routes = parsed(spilled);
  }
  const chosen = await chosenBy(event, widget, selector, routes);
  const release = releaseIn(routes, chosen);
  const exact = pathTo(path, 'v' + release.version);
  if (exact.length > MAX_URI_LENGTH) return notFound('file', path.file, widget);
  if (release.how === '=') return goOn(request, exact);
  const location = exact + queryOf(request);
  if (release.how === '-' || release.entrypoint !== path.file) return redirect(location, release.version);
  if (release.how[0] === '*') return reExport(exact, release.version, release.how === '*default');
  return insert(location, release.version, 'sha256-' + release.how + '=', headerOf(request, 'host'));
}

// CloudFront calls it by this name.
async function handler(event) {
  const request = event.request;
  if (request.method === 'OPTIONS') return preflight();
  if (request.uri === '/edgeship/~t/') return script(TRUSTED_TYPES);
  const path = split(request.uri);
  const selector = selectorOf(path.second);
  if (path.file === null || !WIDGET.test(path.widget) || (selector === null && !EXACT.test(path.second)))
    return notFound('path', request.uri, path.widget);
  if (climbs(path.file)) return notFound('file', path.file, path.widget);
  if (selector === null) return goOn(request, pathTo(path, path.second));
  try {
    return await route(event, path, selector);
  } catch (error) {
    // An error here would be a 503 for the viewer; the latest copies are still there.
    console.log('request passed through: ' + error);
    return goOn(request, withoutRoutes(path));
  }
}
