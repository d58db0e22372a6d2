// One place as a card: built once from the template, then every value is written in place, so that
// nothing jumps, focus stays where it is, and a screen reader is not told the same thing twice.
// Text from outside is written with textContent only.

import { word, number, money, timeOf, duration } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
export const STALE_MS = 45000; // three beats without a fresh value of this place

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// free | filling | full: the one scale of capacity. Filling: the last sixth, at least one space. A place
// that is not in operation looks full and says "closed".
export function level(place) {
  if (place.status === 'closed') return 'closed';
  if (place.status === 'full' || place.free <= 0) return 'full';
  return place.free <= Math.max(1, Math.floor(place.capacity / 6)) ? 'filling' : 'free';
}

// What a lane is doing, as one of the words its glyph can show.
export function laneWord(lane) {
  if (!lane.online || lane.stale) return lane.seen ? 'offline' : 'unknown';
  if (lane.state === 'fault') return 'fault';
  return ['down', 'up', 'moving'].includes(lane.arm) ? lane.arm : 'unknown';
}

const shapes = {
  free: [['circle', { cx: 8, cy: 8, r: 5.6, fill: 'none', 'stroke-width': 2.8, stroke: 'currentColor' }]],
  filling: [['circle', { cx: 8, cy: 8, r: 6, fill: 'none', 'stroke-width': 2, stroke: 'currentColor' }],
    ['path', { d: 'M8 2a6 6 0 0 1 0 12Z', fill: 'currentColor' }]],
  full: [['rect', { x: 2, y: 2, width: 12, height: 12, rx: 2, fill: 'currentColor' }]],
  closed: [['path', { d: 'm3 3 10 10M13 3 3 13', stroke: 'currentColor', 'stroke-width': 3 }]],
};

// The boom seen from the front: a post, an arm at its angle, a foot. Fault and offline also have a sign.
const arms = { down: 'M9 13H33', moving: 'M9 13 29.500 5.500', up: 'M9 13 12 1.500', fault: 'M9 13 24 9', offline: 'M9 13H33', unknown: 'M9 13H33' };
function gate(state) {
  const parts = [
    svg('path', { d: 'M3 21.500H35', class: 'ground' }),
    svg('rect', { x: 5, y: 10, width: 7, height: 11.5, rx: 1.5, class: 'post' }),
    svg('path', { d: arms[state], class: 'arm' }),
  ];
  if (state === 'fault') parts.push(svg('path', { d: 'm26 12 6 6m0-6-6 6', class: 'sign' }));
  if (state === 'offline' || state === 'unknown') parts.push(svg('path', { d: 'M28 17.500h.010', class: 'sign dot' }));
  return parts;
}

function pairs(list, rows) {
  while (list.children.length > rows.length) list.lastElementChild.remove();
  rows.forEach(([name, value, mark], i) => {
    let row = list.children[i];
    if (!row) {
      row = element('div');
      row.append(element('dt'), element('dd'));
      list.append(row);
    }
    row.dataset.mark = mark ?? '';
    row.children[0].textContent = name;
    row.children[1].textContent = value;
  });
}

function drawLegend(list, place) {
  const taken = Math.max(0, place.occupied.counted);
  const rows = [['taken', taken, word('taken')], ['coming', place.pending, word('coming')], ['rest', place.free, word('left')]];
  rows.forEach(([kind, n, text], i) => {
    let row = list.children[i];
    if (!row) {
      row = element('li', kind);
      row.append(element('b'), ' ', element('span'));
      list.append(row);
    }
    row.children[0].textContent = number(n);
    row.children[1].textContent = text;
  });
}

function drawBar(bar, place) {
  const percent = (n) => `${(100 * Math.min(Math.max(n, 0), place.capacity)) / place.capacity}%`;
  const [taken, coming, cells] = bar.children;
  taken.style.width = percent(place.occupied.counted);
  coming.style.width = percent(Math.min(place.pending, Math.max(0, place.capacity - Math.max(0, place.occupied.counted))));
  cells.hidden = place.capacity > 60;
  cells.style.setProperty('--cells', place.capacity);
  bar.setAttribute('aria-label', word('barLabel', { taken: number(Math.max(0, place.occupied.counted)), coming: number(place.pending), free: number(place.free), n: number(place.capacity) }));
}

// The occupancy of the day as an area; the scale is the capacity, so that "high" means full.
function drawSpark(figure, flow, place) {
  const picture = figure.firstElementChild;
  figure.hidden = !flow || flow.occupied.length < 2;
  if (figure.hidden) return;
  const top = Math.max(place.capacity, ...flow.occupied);
  const x = (i) => ((96 * i) / (flow.occupied.length - 1)).toFixed(2);
  const y = (v) => (27 - (25 * Math.max(0, v)) / top).toFixed(2);
  const line = flow.occupied.map((v, i) => `${x(i)} ${y(v)}`).join('L');
  picture.replaceChildren(
    svg('path', { d: `M0 ${y(place.capacity)}H96`, class: 'cap' }),
    svg('path', { d: `M0 28L${line}L96 28Z`, class: 'area' }),
    svg('path', { d: `M${line}`, class: 'line' }),
  );
  const span = duration(flow.window_ms);
  picture.setAttribute('aria-label', word('dayLabel', { span, now: number(flow.occupied.at(-1)), max: number(Math.max(...flow.occupied)) }));
  figure.querySelector('figcaption').textContent = word('day', { span });
}

function drawLanes(list, place, now) {
  const lanes = place.lanes ?? [];
  if (lanes.length === 0) {
    list.replaceChildren(element('li', 'hint', word('noLanes')));
    return;
  }
  const keys = lanes.map((l) => `${l.edge}/${l.lane}`);
  if (list.dataset.keys !== keys.join()) {
    list.dataset.keys = keys.join();
    list.replaceChildren(...lanes.map(() => {
      const item = element('li', 'lane');
      const glyph = element('button', 'gate');
      glyph.type = 'button';
      const picture = svg('svg', { viewBox: '0 0 38 24', 'aria-hidden': 'true' });
      glyph.append(picture, element('span', 'tip'));
      item.append(glyph, element('span', 'lane-name'));
      return item;
    }));
  }
  lanes.forEach((lane, i) => {
    const item = list.children[i];
    const [glyph, name] = item.children;
    const state = laneWord(lane);
    const direction = ['exit', 'reversible'].includes(lane.direction) ? lane.direction : 'entry';
    if (item.dataset.state !== state) {
      item.dataset.state = state;
      glyph.firstElementChild.replaceChildren(...gate(state));
    }
    item.dataset.direction = direction;
    name.textContent = lane.lane;
    const age = lane.seen ? word('since', { age: duration(now - Date.parse(lane.seen)) }) : '';
    const text = `${word(direction)}: ${word(state)}`;
    glyph.children[1].textContent = state === 'offline' && age ? `${text}, ${age}` : text;
    glyph.setAttribute('aria-label', `${lane.lane}, ${glyph.children[1].textContent}`);
  });
}

function drawMoney(list, summary, place) {
  list.hidden = !summary;
  if (!summary) return;
  const open = summary.debts_open;
  const sum = money(summary.debts_open_minor, place.currency);
  pairs(list, [
    [word('moneyToday'), money(summary.today.charged_minor, place.currency)],
    [word('debts'), open > 0 ? word('debtsSome', { n: number(open), sum }) : word('debtsNone'), open > 0 ? 'attention' : ''],
    [word('turnedAway'), number(summary.today.turned_away)],
  ]);
}

export function makeCard(template, id) {
  const card = template.content.firstElementChild.cloneNode(true);
  const name = card.querySelector('.name');
  name.id = `place-${id}`;
  card.setAttribute('aria-labelledby', name.id);
  return card;
}

// view: {place, flow, summary, heard (ms of this page's clock), live}; now: domain time in ms.
export function drawCard(card, view, now) {
  const { place } = view;
  const at = (selector) => card.querySelector(selector);
  const state = level(place);
  card.dataset.level = state;
  at('.name a').textContent = place.title || place.place;
  at('.name a').href = `/place.html?place=${encodeURIComponent(place.place)}`;
  if (at('.shape').dataset.level !== state) {
    at('.shape').dataset.level = state;
    at('.shape').replaceChildren(...shapes[state].map(([n, a]) => svg(n, a)));
  }
  at('.word').textContent = word(state);
  at('.free').textContent = number(place.free);
  at('.unit').textContent = word('freeUnit');
  at('.of').textContent = word('of', { n: number(place.capacity) });
  drawBar(at('.bar'), place);
  drawLegend(at('.legend'), place);
  const drift = place.occupied.difference;
  pairs(at('.counts'), [
    [word('counted'), number(place.occupied.counted)],
    [word('derived'), number(place.occupied.derived)],
    [word('drift'), drift > 0 ? `+${number(drift)}` : number(drift), drift !== 0 ? 'attention' : ''],
  ]);
  at('.recent h3').textContent = word('recent');
  at('.in').textContent = word('arrivals', { n: number(place.recent?.entered ?? 0) });
  at('.out').textContent = word('departures', { n: number(place.recent?.left ?? 0) });
  drawSpark(at('.spark'), view.flow, place);
  drawLanes(at('.lanes'), place, now);
  drawMoney(at('.money'), view.summary, place);
  drawAge(card, view);
}

// A stale card must never look live: it greys out and says how old it is.
export function drawAge(card, view) {
  const old = performance.now() - view.heard;
  const stale = !view.live || old > STALE_MS;
  card.classList.toggle('stale', stale);
  const { place } = view;
  card.querySelector('.why').textContent = place.status === 'degraded' ? word('degraded') : '';
  const age = card.querySelector('.age');
  age.dateTime = place.time;
  age.textContent = stale && old > 1500
    ? word('stale', { age: duration(old) })
    : word('updated', { time: timeOf(place.time, place.zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', named: true }) });
}
