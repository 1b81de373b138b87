// A redirect keeps the query of the request.

function queryOf(request) {
  const pairs = [];
  for (const name in request.querystring) {
    const found = request.querystring[name];
    const values = found.multiValue || [found];
    for (let i = 0; i < values.length; i++) pairs.push(name + '=' + values[i].value);
  }
  return pairs.length ? '?' + pairs.join('&') : '';
}
