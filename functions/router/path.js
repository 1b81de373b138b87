// Which parts of a path count. A path has one spelling: segments are compared as they came.

const WIDGET = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const EXACT = /^v(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?$/;
const SELECTOR = /^~((?:[a-z][a-z0-9-]{0,31})|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?)$/;
const MAX_URI_LENGTH = 3073;

// The channel or range that a segment names: `latest`, `~next`, `~1.4`; null for any other segment.
function selectorOf(segment) {
  if (segment === 'latest') return segment;
  const match = SELECTOR.exec(segment);
  return match && match[1] !== 'latest' ? match[1] : null;
}

// Widget, second segment and file of a path; the file is null where there are fewer segments.
function split(uri) {
  const parts = uri.split('/');
  const first = parts[1] || '';
  if (CONFIG.rootWidget && (selectorOf(first) !== null || EXACT.test(first)))
    return { widget: CONFIG.rootWidget, second: first, file: parts.length > 2 ? parts.slice(2).join('/') : null };
  return { widget: first, second: parts[2] || '', file: parts.length > 3 ? parts.slice(3).join('/') : null };
}

// S3 takes `..` in a key literally, but other origins and proxies may climb; no release holds such a file.
function climbs(file) {
  return file.replace(/%2e/gi, '.').split(/\/|\\|%2f|%5c/i).indexOf('..') >= 0;
}
