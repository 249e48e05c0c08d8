/**
 * The page's only script: a crosshair that reads line charts out, by pointer and by arrow
 * keys. All is readable without it. The page's policy (policy.ts) names it by its hash.
 */

export const hoverScript = `for (const figure of document.querySelectorAll('figure')) {
  const block = figure.querySelector('script.readout');
  if (!block) continue;
  const data = JSON.parse(block.textContent);
  const canvas = figure.querySelector('.canvas');
  const plot = canvas.querySelector('.plot');
  const height = Number(plot.getAttribute('height'));
  const draw = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  };
  const group = draw('g', { visibility: 'hidden', 'pointer-events': 'none' });
  const cross = draw('line', { class: 'cross', y1: 0, y2: height });
  const dots = data.series.map((series) => draw('circle', { class: 'dot ' + series.tone, r: 4 }));
  group.append(cross, ...dots);
  plot.append(group);
  const title = plot.querySelector('title');
  plot.setAttribute('aria-label', title.textContent);
  plot.removeAttribute('aria-labelledby');
  title.remove();
  plot.setAttribute('tabindex', '0');
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'status');
  tip.hidden = true;
  figure.append(tip);
  let at = -1;
  const hide = () => {
    tip.hidden = true;
    group.setAttribute('visibility', 'hidden');
  };
  const show = (index) => {
    at = Math.max(0, Math.min(data.x.length - 1, index));
    const share = data.x[at];
    cross.setAttribute('x1', share * 100 + '%');
    cross.setAttribute('x2', share * 100 + '%');
    const head = document.createElement('b');
    head.textContent = data.labels[at];
    const rows = [];
    data.series.forEach((series, i) => {
      const y = series.y[at];
      dots[i].setAttribute('visibility', y === null ? 'hidden' : 'inherit');
      if (y === null) return;
      dots[i].setAttribute('cx', share * 100 + '%');
      dots[i].setAttribute('cy', y);
      const row = document.createElement('div');
      const name = document.createElement('i');
      name.textContent = series.name;
      row.append(name, series.text[at]);
      rows.push(row);
    });
    tip.replaceChildren(head, ...rows);
    tip.hidden = false;
    group.setAttribute('visibility', 'visible');
    const box = plot.getBoundingClientRect();
    const outer = figure.getBoundingClientRect();
    const x = box.left - outer.left + share * box.width;
    const left = share > 0.5 ? x - tip.offsetWidth - 14 : x + 14;
    tip.style.left = Math.max(0, Math.min(outer.width - tip.offsetWidth, left)) + 'px';
    tip.style.top = box.top - outer.top + 4 + 'px';
  };
  const nearest = (share) => {
    let low = 0;
    let high = data.x.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (data.x[middle] < share) low = middle;
      else high = middle;
    }
    return share - data.x[low] < data.x[high] - share ? low : high;
  };
  const follow = (event) => {
    const box = plot.getBoundingClientRect();
    show(nearest((event.clientX - box.left) / box.width));
  };
  canvas.addEventListener('pointermove', follow);
  canvas.addEventListener('pointerdown', follow);
  canvas.addEventListener('pointerleave', hide);
  plot.addEventListener('focus', () => show(at < 0 ? data.x.length - 1 : at));
  plot.addEventListener('blur', hide);
  plot.addEventListener('keydown', (event) => {
    const far = event.shiftKey ? 10 : 1;
    const next = { ArrowLeft: at - far, ArrowRight: at + far, Home: 0, End: data.x.length - 1 }[event.key];
    if (event.key === 'Escape') hide();
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
}`;
