(() => {
  'use strict';
  const tip = document.getElementById('tip');
  const hide = () => { tip.hidden = true; };
  const show = (mark, x, y) => {
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(x + 14, innerWidth - width - 8);
    const top = y + 18 + height > innerHeight ? y - height - 12 : y + 18;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  };
  const marked = (event) => event.target.closest?.('[data-tip]');
  // The browser's own hint would cover the one that is shown at once.
  document.querySelectorAll('[data-tip] > title').forEach((title) => {
    title.parentNode.setAttribute('aria-label', title.textContent);
    title.remove();
  });
  document.addEventListener('pointermove', (event) => {
    const mark = marked(event);
    if (mark) show(mark, event.clientX, event.clientY); else hide();
  });
  document.addEventListener('focusin', (event) => {
    const mark = marked(event);
    if (!mark) return hide();
    const place = mark.getBoundingClientRect();
    show(mark, place.right, place.top);
  });
  document.addEventListener('focusout', hide);
  document.addEventListener('scroll', hide, true);
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });

  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const before = (a, b) => {
    const numbers = typeof a === 'number' && typeof b === 'number';
    if (numbers) return a - b;
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return a.localeCompare(b);
  };
  document.querySelectorAll('table.sortable th').forEach((head) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const table = head.closest('table');
      const down = head.getAttribute('aria-sort') === 'ascending';
      table.querySelectorAll('th').forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const body = table.tBodies[0];
      const rows = [...body.rows];
      rows.sort((a, b) => {
        const order = before(value(a, head.cellIndex), value(b, head.cellIndex));
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
})();
