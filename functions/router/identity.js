// Who the user is: ?user=, else the header, else the cookie, else a hash of address and User-Agent. Bytes, not text.

const MAX_IDENTITY = 256;

// The first value of a query parameter that is not empty, as it came.
function firstOf(request, name) {
  const found = request.querystring[name];
  if (!found) return '';
  const values = found.multiValue || [found];
  for (let i = 0; i < values.length; i++) if (values[i].value) return values[i].value;
  return '';
}

function headerOf(request, name) {
  const found = request.headers[name];
  return found ? found.value : '';
}

// The bytes of a form-encoded value; what is not an escape stays.
function decoded(value) {
  const encoded = Buffer.from(value.replace(/\+/g, ' '));
  const bytes = [];
  for (let i = 0; i < encoded.length; i++) {
    const escape = encoded[i] === 37 ? encoded.slice(i + 1, i + 3).toString() : '';
    if (/^[0-9A-Fa-f]{2}$/.test(escape)) {
      bytes.push(parseInt(escape, 16));
      i += 2;
    } else {
      bytes.push(encoded[i]);
    }
  }
  return Buffer.from(bytes);
}

function identityOf(event) {
  const request = event.request;
  const cookie = request.cookies.edgeship_user;
  let named = decoded(firstOf(request, 'user'));
  if (!named.length) named = Buffer.from(headerOf(request, 'x-edgeship-user'));
  if (!named.length && cookie) named = decoded(cookie.value.replace(/^"+|"+$/g, ''));
  if (named.length) return named.slice(0, MAX_IDENTITY);
  const hash = crypto.createHash('sha256').update(event.viewer.ip + '\0' + headerOf(request, 'user-agent'));
  return Buffer.from('anonymous-' + hash.digest('hex').slice(0, 32));
}

// The user's bucket under a salt, 0 to 9,999, and the token under which a store names the user.
function digestOf(event, salt) {
  const hex = crypto.createHash('sha256').update(identityOf(event)).update(salt).digest('hex');
  const h = parseInt(hex.slice(0, 8), 16);
  return { bucket: (h % 100) * 100 + (Math.floor(h / 100) % 100), token: hex.slice(8, 40) };
}
