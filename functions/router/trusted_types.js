/*
 * `/edgeship/~t/`: sets the URL of a script where the page asks for Trusted Types.
 *
 * Browsers run a module once a page, so all stubs share its policy: a second one of a name may be refused. It trusts
 * the CDN that it comes from alone.
 */
const cdn = new URL('/', import.meta.url).href;
const policy = trustedTypes.createPolicy('edgeship', {
  createScriptURL: given => (given.startsWith(cdn) ? given : ''),
});
export const t = (script, url) => {
  script.src = policy.createScriptURL(url);
};
