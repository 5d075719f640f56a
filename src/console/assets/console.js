// What moves on a page: nothing here is needed to read it or to act on it.
'use strict';
(() => {
  const main = document.getElementById('main');
  const says = document.getElementById('live-state');

  // ---- The page as it is now, laid over the page as it was: what did not change keeps its place, focus and ticks.

  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || '') === (b.id || '');

  const patch = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS') && name !== 'class') old.removeAttribute(name);
    }
    const at = old.classList.contains('at');
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (!fresh.hasAttribute('class')) old.removeAttribute('class');
    if (at) old.classList.add('at');
    // What somebody is writing is theirs.
    if (old.nodeName === 'TEXTAREA' || old.nodeName === 'SELECT') return;
    patchAll(old, fresh);
  };

  const patchAll = (old, fresh) => {
    const named = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
    let here = old.firstChild;
    for (const one of [...fresh.childNodes]) {
      const same = one.id && named.get(one.id);
      if (same && same.parentNode === old) {
        if (same !== here) old.insertBefore(same, here);
        patch(same, one);
        here = same.nextSibling;
      } else if (here && alike(here, one)) {
        const next = here.nextSibling;
        patch(here, one);
        here = next;
      } else {
        old.insertBefore(one, here);
      }
    }
    while (here) { const next = here.nextSibling; here.remove(); here = next; }
  };

  const show = (html) => {
    const fresh = document.createElement('main');
    fresh.innerHTML = html;
    patchAll(main, fresh);
    settled();
  };

  const fresh = () => {
    document.body.classList.remove('stale');
    says.textContent = 'Live, ' + new Date().toLocaleTimeString();
  };
  const stale = (why) => { document.body.classList.add('stale'); says.textContent = why; };

  // ---- Kept up to date: by a stream, else by asking; not while nobody looks.

  let stream = null, timer = null, failures = 0;

  const listen = () => {
    stop();
    if (document.hidden) return;
    stream = new EventSource(location.href);
    stream.addEventListener('open', () => { failures = 0; fresh(); });
    stream.addEventListener('main', (event) => { failures = 0; show(event.data); fresh(); });
    stream.addEventListener('error', () => {
      stop();
      failures += 1;
      // A stream that ends in its own time is asked for again at once; one that is refused is not.
      if (failures > 1) stale('Not live: asking every few seconds');
      timer = setTimeout(failures > 1 ? ask : listen, failures > 1 ? 5000 : 1000);
    });
  };

  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      // What is being written stays until somebody chooses to leave it.
      if (answer.redirected && new URL(answer.url).pathname === '/login') { stop(); stale('You are no longer logged in: reload the page'); return; }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const body = page.getElementById('main');
      if (body) { show(body.innerHTML); says.textContent = 'Asked at ' + new Date().toLocaleTimeString(); document.body.classList.remove('stale'); }
    } catch { stale('The console does not answer; what is shown is old'); }
    timer = setTimeout(failures++ % 6 === 5 ? listen : ask, 5000);
  };

  const stop = () => {
    if (stream) stream.close();
    clearTimeout(timer);
    stream = timer = null;
  };

  if (main && main.hasAttribute('data-live')) {
    document.addEventListener('visibilitychange', () => (document.hidden ? stop() : listen()));
    addEventListener('pagehide', stop);
    addEventListener('pageshow', listen);
  }

  // ---- Countdowns, selections, ranges.

  const count = () => {
    for (const one of document.querySelectorAll('.countdown')) {
      const left = Math.max(0, Number(one.dataset.until) - Math.floor(Date.now() / 1000));
      const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']].filter(([unit]) => left >= unit).slice(0, 2);
      const text = parts.length ? 'in ' + parts.map(([unit, word], place) => Math.floor((place ? left % parts[0][0] : left) / unit) + ' ' + word).join(' ') : 'now';
      if (one.textContent !== text) one.textContent = text;
    }
  };

  const ticks = () => [...document.querySelectorAll('input[name=ids]')];

  const selected = () => {
    const all = ticks(), on = all.filter((tick) => tick.checked);
    for (const place of document.querySelectorAll('[data-selected]')) place.textContent = on.length ? on.length + ' selected' : '';
    for (const head of document.querySelectorAll('[data-all]')) {
      head.checked = all.length > 0 && on.length === all.length;
      head.indeterminate = on.length > 0 && on.length < all.length;
    }
    return on;
  };

  const range = () => {
    const marked = [...document.querySelectorAll('input[data-hour]:checked')].map((tick) => Number(tick.dataset.hour));
    const from = document.querySelector('[data-from]'), to = document.querySelector('[data-to]');
    if (!marked.length || !from || !to) return;
    const text = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16);
    from.value = text(Math.min(...marked));
    to.value = text(Math.max(...marked) + 3600);
  };

  document.addEventListener('change', (event) => {
    const { target } = event;
    if (target.matches('[data-all]')) for (const tick of ticks()) tick.checked = target.checked;
    if (target.matches('[data-hour]')) range();
    selected();
  });

  const settled = () => { count(); selected(); };
  setInterval(count, 1000);
  settled();

  // ---- Keys.

  const rows = () => [...document.querySelectorAll('[data-row]')];
  const current = () => document.querySelector('[data-row].at');

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
    for (const row of all) row.classList.toggle('at', row === next);
    next.scrollIntoView({ block: 'nearest' });
  };

  const retry = () => {
    const form = document.getElementById('letters');
    const row = current();
    if (form) {
      const tick = row && row.querySelector('input[name=ids]');
      if (tick && !selected().length) tick.checked = true;
      if (selected().length) { form.requestSubmit(form.querySelector('button.primary')); return; }
    }
    const link = row && row.querySelector('[data-retry]');
    if (link) { link.click(); return; }
    const one = document.querySelector('form[action="/do/dead/retry"] button.primary');
    if (one && !form) one.closest('form').requestSubmit(one);
  };

  const go = (path) => () => { location.href = path; };
  const keys = {
    '/': () => document.getElementById('search').focus(),
    j: () => move(1), k: () => move(-1), r: retry,
    x: () => { const tick = current() && current().querySelector('input[type=checkbox]'); if (tick) tick.click(); },
    Enter: () => { const link = current() && current().querySelector('a'); if (link) link.click(); },
    '?': go('/help'), n: go('/'), h: go('/hours'), b: go('/jobs'), d: go('/dead'), s: go('/sources'), m: go('/mood'),
  };

  document.addEventListener('keydown', (event) => {
    const { target } = event;
    if (event.key === 'Escape') { target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches('input:not([type=checkbox]), textarea, select')) return;
    if (event.key === 'Enter' && target.matches('a, button, summary')) return;
    const act = keys[event.key];
    if (act && document.getElementById('search')) { event.preventDefault(); act(); }
  });
})();
