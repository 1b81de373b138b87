// CloudFront Function, viewer-request of /edgeship/token: signs the token of one page view. Its specification is
// src/edgeship/domain/telemetry/tokens.py.

const NAME = /^[0-9A-Za-z.-]{1,64}$/;

// The /24 of an IPv4 address, the /48 of an IPv6 address.
function networkOf(address) {
  if (address.indexOf(':') < 0) return address.slice(0, address.lastIndexOf('.'));
  const halves = address.split('::');
  const groups = halves[0] ? halves[0].split(':') : [];
  const rest = halves[1] ? halves[1].split(':') : [];
  while (groups.length + rest.length < 8) groups.push('0');
  return groups.concat(rest).slice(0, 3).map(group => parseInt(group, 16).toString(16)).join(':');
}

function valueOf(event, name) {
  const found = event.request.querystring[name];
  return found && NAME.test(found.value) ? found.value : '';
}

function signed(event, key, minute) {
  const nonce = crypto.createHash('sha256').update(event.context.requestId).digest('base64url').slice(0, 16);
  const said = [valueOf(event, 'w'), valueOf(event, 'r'), minute, networkOf(event.viewer.ip), nonce].join('\n');
  return minute + '.' + nonce + '.' + crypto.createHmac('sha256', key).update(said).digest('base64url').slice(0, 22);
}

function answered(token) {
  const answer = {
    statusCode: token ? 200 : 204,
    statusDescription: token ? 'OK' : 'No Content',
    headers: {
      'cache-control': { value: 'no-store' },
      'access-control-allow-origin': { value: '*' },
    },
  };
  if (token) {
    answer.headers['content-type'] = { value: 'text/plain' };
    answer.body = { encoding: 'text', data: token };
  }
  return answer;
}

// Without a key there is no token, and pages report without one.
async function handler(event) {
  const minute = Math.floor(Date.now() / 60000);
  const keys = await read('.tokens');
  const key = keys === null ? '' : JSON.parse(keys)[Math.floor(minute / 1440)];
  return answered(key && valueOf(event, 'w') && valueOf(event, 'r') ? signed(event, key, minute) : '');
}
