/*
 * What a moving path of a classic script answers: it puts the exact script where its own tag stands.
 *
 *   <script src="https://CDN/checkout/latest/widget.js" data-theme="dark"></script>   becomes
 *   <script src="https://CDN/checkout/v1.4.2/widget.js" data-theme="dark" integrity="…" crossorigin=""></script>
 *
 * So `document.currentScript` of the release is its exact URL, and what it loads beside itself is of the same release.
 * ES2020; `stub.min.js` is this by esbuild. 'CDN', 'PATH' and 'INTEGRITY' stand for `https://CDN/`, the exact path after
 * it, and its hashes, as JSON strings. Every byte is sent with every first view, so what few pages need lies elsewhere.
 */
{
  let cdn = 'CDN';
  let url = cdn + 'PATH';
  // A worker has no document. Its importScripts waits for the script, so this one may, too.
  let page = self.document || importScripts(url);
  if (page) {
    let exact = page.createElement('script');
    // Browsers hide the current script in shadow roots: a tag with nothing on it stands in.
    let tag = page.currentScript || exact.cloneNode();
    for (let given of tag.attributes) given.name == 'src' || exact.setAttribute(given.name, given.value);
    exact.nonce = tag.nonce; // browsers hide the attribute
    exact.async = tag.async;
    exact.crossOrigin = ''; // without it, browsers refuse to check integrity
    exact.integrity = 'INTEGRITY';
    // The page's listeners are on the tag. In place of an inline handler: it stays on the tag, too.
    exact.onload = exact.onerror = event => tag.dispatchEvent(new Event(event.type));
    // The stub's own `load` is not the release's. Captured, so before the page's listeners.
    tag.addEventListener('load', event => (event.cancelBubble = event.isTrusted), 1);
    // Loaders may have removed the tag already: then nothing is replaced. Without a URL, nothing runs.
    page.head.append(exact);
    tag.replaceWith(exact);
    try {
      exact.src = url;
    } catch {
      // Trusted Types: see trusted_types.js.
      import(cdn + 'edgeship/~t/').then(policy => policy.t(exact, url));
    }
  }
}
