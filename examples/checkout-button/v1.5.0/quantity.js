/** The buttons − and + around a number from 1 to 99; `changed` hears of each new one. */
export function quantityStepper(changed) {
  const group = Object.assign(document.createElement('span'), { className: 'quantity', role: 'group' });
  const shown = Object.assign(document.createElement('output'), { value: 1 });
  const step = (text, label, by) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: text });
    button.setAttribute('aria-label', label);
    button.addEventListener('click', () => {
      shown.value = Math.min(99, Math.max(1, Number(shown.value) + by));
      changed(Number(shown.value));
    });
    return button;
  };
  group.append(step('−', 'one less', -1), shown, step('+', 'one more', 1));
  return group;
}
