// CloudFront Function, viewer-response, on the behaviors of moving paths: how long browsers may keep an answer.
//
// The response-headers policy, which acts first, says `no-store`; CloudFront does not run this for a status of 400 or
// more, so that errors stay `no-store`. `event.request` is the viewer's own, from before any rewrite.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html

// No widget is named `latest`: below it lie the root widget's files, whose folders may be named like versions.
const EXACT = /^(?:\/(?!latest\/)[a-z0-9-]+)?\/v[0-9]+\.[0-9]+\.[0-9]+[^/]*\//;

function handler(event) {
  const headers = event.response.headers;
  if (EXACT.test(event.request.uri)) {
    headers['cache-control'] = { value: 'public, max-age=31536000, immutable' };
    return event.response;
  }
  // CloudFront sends the Date of its copy, and a browser counts from there: what is older would be revalidated at every
  // view.
  const sent = headers.date ? Date.parse(headers.date.value) : NaN;
  const age = sent > 0 ? Math.max(0, Math.floor((Date.now() - sent) / 1000)) : 0;
  headers['cache-control'] = { value: 'public, max-age=' + (CONFIG.pointerMaxAge + age) + ', must-revalidate' };
  return event.response;
}
