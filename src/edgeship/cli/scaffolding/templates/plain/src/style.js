/* In the widget's shadow root: the page's styles do not reach in, and these do not reach out. */
export const style = () =>
  Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('style.css', import.meta.url) });
