/*
 * What a moving path of a classic script answers: it puts the exact script where its own tag stands.
 *
 *   <script src="https://CDN/checkout/latest/widget.js" data-theme="dark"></script>   becomes
 *   <script src="https://CDN/checkout/v1.4.2/widget.js" data-theme="dark" integrity="…" crossorigin=""></script>
 *
 * So `document.currentScript` of the release is its exact URL, and what it loads beside itself is of the same release.
 * ES2019. CDN, PATH and INTEGRITY stand for strings: `https://CDN`, the exact path on it, and its hash.
 */
((cdn, path, integrity) => {
  const page = self.document;
  // A worker's importScripts waits for the script, so this one may, too.
  if (!page) return importScripts(cdn + path);
  const make = () => page.createElement('script');
  const exact = make();
  // Browsers hide the current script in shadow roots: a tag with nothing on it stands in.
  const tag = page.currentScript || make();
  const end = event => tag.dispatchEvent(new Event(event.type));
  // Handlers stay on the tag, whose events are dispatched to them.
  for (const { name, value } of tag.attributes) /^(src$|on)/.test(name) || exact.setAttribute(name, value);
  Object.assign(exact, {
    nonce: tag.nonce, // a property: browsers hide the attribute
    async: tag.async,
    crossOrigin: '', // without it, browsers refuse to check integrity
    integrity,
    onload: end,
    onerror: end
  });
  // The stub's own `load` is not the release's. Captured, so before the page's listeners on the tag.
  tag.addEventListener('load', event => {
    event.stopImmediatePropagation();
    exact.src || end({ type: 'error' });
  }, { capture: true, once: true });
  // Loaders may have removed the tag already.
  tag.isConnected || page.head.append(tag);
  tag.replaceWith(exact);
  try {
    exact.src = cdn + path;
  } catch {
    // Trusted Types. A page's second policy of a name may be refused: all stubs share one, which trusts this CDN alone.
    self.edgeshipTypes = self.edgeshipTypes || trustedTypes.createPolicy('edgeship', {
      createScriptURL: url => url.startsWith(cdn + '/') ? url : ''
    });
    exact.src = self.edgeshipTypes.createScriptURL(cdn + path);
  }
})(CDN, PATH, INTEGRITY);
