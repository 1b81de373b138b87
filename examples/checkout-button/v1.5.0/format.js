/** The price as the page's language writes it; `amount` counts the currency's smallest unit (cents, yen). */
export function formatPrice(amount, currency, language) {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits;
  return format.format(amount / 10 ** digits);
}
