// CloudFront Function, viewer-request, on exact paths.

function handler(event) {
  return encoded(event.request);
}
