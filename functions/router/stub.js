/*
 * What a moving path of a classic script answers: it puts the exact script where its own tag stands.
 *
 *   <script src="https://CDN/checkout/latest/widget.js" data-theme="dark"></script>   becomes
 *   <script src="https://CDN/checkout/v1.4.2/widget.js" data-theme="dark" integrity="…" crossorigin=""></script>
 *
 * So `document.currentScript` of the release is its exact URL, and what it loads beside itself is of the same release.
 * ES2019; `stub.min.js` is this by esbuild. 'CDN', 'PATH' and 'INTEGRITY' stand for `https://CDN/`, the exact path after
 * it, and its hashes, as JSON strings.
 */
{
  const cdn = 'CDN';
  const url = cdn + 'PATH';
  const page = self.document;
  if (page) {
    const exact = page.createElement('script');
    // Browsers hide the current script in shadow roots: a tag with nothing on it stands in.
    const tag = page.currentScript || exact.cloneNode();
    for (const { name, value } of tag.attributes) name == 'src' || exact.setAttribute(name, value);
    exact.nonce = tag.nonce; // browsers hide the attribute
    exact.async = tag.async;
    exact.crossOrigin = ''; // without it, browsers refuse to check integrity
    exact.integrity = 'INTEGRITY';
    // The page's listeners are on the tag. In place of an inline handler: it stays on the tag, too.
    exact.onload = exact.onerror = event => tag.dispatchEvent(new Event(event.type));
    // The stub's own `load` is not the release's. Captured, so before the page's listeners.
    tag.addEventListener('load', event => event.isTrusted && event.stopImmediatePropagation(), true);
    // Loaders may have removed the tag already.
    tag.parentNode ? tag.replaceWith(exact) : page.head.append(exact);
    try {
      exact.src = url;
    } catch {
      // Trusted Types. A second policy of a name may be refused: all stubs share one, which trusts this CDN alone.
      exact.src = (self.edgeshipTT || (self.edgeshipTT = trustedTypes.createPolicy('edgeship', {
        createScriptURL: given => given.startsWith(cdn) ? given : ''
      }))).createScriptURL(url);
    }
  } else {
    // A worker's importScripts waits for the script, so this one may, too.
    importScripts(url);
  }
}
