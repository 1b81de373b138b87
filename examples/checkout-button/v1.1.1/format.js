/** The price as the page's language writes it; `amount` counts cents. */
export function formatPrice(amount, currency, language) {
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(Math.round(amount) / 100);
}
