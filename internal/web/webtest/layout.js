(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'));
    found.push(`scrolls sideways: ${root.scrollWidth} > ${innerWidth} at ${wide.slice(0, 3).map(e => e.tagName + '.' + e.className)}`);
  }
  if (document.styleSheets.length !== document.querySelectorAll('link[rel=stylesheet]').length || !document.styleSheets.length) found.push('the style sheet was not loaded');

  // What a phone fetches to show the page, as it is sent: itself, its style sheets, its
  // pictures.
  const fetched = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const weight = fetched.reduce((sum, e) => sum + e.encodedBodySize, 0);
  if (!weight || weight > 60000) found.push(`weighs ${weight} bytes, and may weigh 60,000`);

  const channel = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const colour = s => (s.match(/[\d.]+/g) || []).map(Number);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > .5) return c;
    }
    return [255, 255, 255];
  };
  const seen = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || e.closest('svg') || e.closest('[aria-hidden=true]')) continue;
    const style = getComputedStyle(e);
    const a = light(colour(style.color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const key = style.color + ground(e);
    if (ratio < 4.5 && !seen.has(key)) {
      seen.add(key);
      found.push(`contrast ${ratio.toFixed(2)} of "${e.textContent.trim().slice(0, 20)}" (${e.tagName}.${e.className})`);
    }
    if (parseFloat(style.fontSize) < 12) found.push(`text of ${style.fontSize}: ${e.textContent.trim().slice(0, 20)}`);
  }
  for (const e of document.querySelectorAll('nav a, .languages a, .card-link, .more, .places a, .contact a')) {
    const box = e.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) found.push(`small target ${Math.round(box.width)}×${Math.round(box.height)}: ${e.textContent.trim()}`);
  }
  return found;
})()
