// The page: keeps what the stream says of each place, draws it, and looks up plates on request.

import { word, number, money, timeOf } from './words.js';
import { openStream } from './stream.js';
import { $, api, signedIn, showSign, openShell, isLive, setLive, setClock, domainNow, drawClock } from './shell.js';
import { drawMoves, withMovement } from './moves.js';
import { makeCard, drawCard, drawAge, laneWord, level } from './card.js';

const views = new Map(); // place -> {place, flow, summary, heard, card}
let moves = [];
let ready = false;
let breakers = [];
let quietSince = null;

// --- drawing --------------------------------------------------------------------------------------
let frame = 0;
function redraw() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
}

function draw() {
  const now = domainNow();
  const empty = ready && views.size === 0;
  $('places').setAttribute('aria-busy', String(!ready));
  $('empty').hidden = !empty;
  $('below').hidden = views.size === 0;
  $('places').dataset.count = Math.min(views.size, 4);
  for (const view of views.values()) drawCard(view.card, { ...view, live: isLive() }, now);
  drawAlarm();
  $('moves-none').hidden = moves.length > 0;
  drawMoves($('moves'), moves, (id) => views.get(id)?.place);
}

function alarms() {
  const list = [];
  for (const { place } of views.values()) {
    const name = place.title || place.place;
    if (place.offers_stopped) list.push(word('alarmStopped', { place: name }));
    for (const edge of place.edges ?? []) if (!edge.online) list.push(word('alarmEdge', { place: name, edge: edge.edge }));
    const down = new Set((place.edges ?? []).filter((e) => !e.online).map((e) => e.edge));
    for (const lane of place.lanes ?? []) {
      const state = laneWord(lane);
      if (state === 'fault') list.push(word('alarmLane', { place: name, lane: lane.lane }));
      else if (state === 'offline' && !down.has(lane.edge)) list.push(word('alarmLaneOffline', { place: name, lane: lane.lane }));
    }
    if (Math.abs(place.occupied.difference) > Math.max(2, place.capacity / 20)) list.push(word('alarmDrift', { place: name, n: number(Math.abs(place.occupied.difference)) }));
  }
  if (breakers.some((b) => b.state !== 'closed')) list.push(word('alarmBreaker'));
  return list;
}

function drawAlarm() {
  const line = $('alarm');
  line.hidden = !ready || views.size === 0;
  line.classList.toggle('stale', !isLive());
  const list = alarms();
  if (list.length > 0) {
    line.dataset.level = 'attention';
    line.title = list.join('\n');
    $('alarm-text').textContent = list.length > 1 ? word('more', { first: list[0], n: number(list.length - 1) }) : list[0];
  } else {
    if (line.dataset.level !== 'ok') quietSince = domainNow();
    line.dataset.level = 'ok';
    line.title = '';
    // Only an end that this page has seen has a time.
    $('alarm-text').textContent = quietSince ? word('allQuietSince', { time: timeOf(quietSince, zoneOfAll()) }) : word('allQuiet');
  }
}

// The zone of the clock above: the places' own if they share one.
function zoneOfAll() {
  const zones = new Set([...views.values()].map((v) => v.place.zone));
  return zones.size === 1 ? [...zones][0] : undefined;
}

// --- what comes in --------------------------------------------------------------------------------
function say(text) {
  $('say').textContent = text;
}

function onPlace(place) {
  let view = views.get(place.place);
  if (!view) {
    view = { card: makeCard($('card'), place.place) };
    views.set(place.place, view);
    const sorted = [...views.keys()].sort();
    const after = views.get(sorted[sorted.indexOf(place.place) + 1]);
    $('places').insertBefore(view.card, after?.card ?? null);
    refresh(place.place, view);
  }
  if (view.place && level(view.place) !== level(place)) say(`${place.title || place.place}: ${word(level(place))}`);
  view.place = place;
  view.heard = performance.now();
  refresh(place.place, view);
  redraw();
}

// The day's curve and the money change with every car, but need not be asked for every car.
function refresh(name, view) {
  if (view.refreshing) return;
  view.refreshing = true;
  setTimeout(async () => {
    try {
      const flow = await api(`/v1/places/${encodeURIComponent(name)}/flow`);
      if (flow.ok) view.flow = flow.body;
      const summary = signedIn() ? await api(`/v1/places/${encodeURIComponent(name)}/summary`) : null;
      view.summary = summary?.ok ? summary.body : null;
    } catch { /* the stream's state already says that the server is away */ }
    if (view.place) redraw();
    setTimeout(() => { view.refreshing = false; }, 2500);
  }, view.flow ? 400 : 0);
}

function onMovement(m) {
  moves = withMovement(moves, m);
  redraw();
}

function onBeat(beat) {
  setClock(beat);
  breakers = beat.breakers ?? [];
  const known = new Set(beat.places ?? []);
  for (const [name, view] of views) {
    if (!beat.places || known.has(name)) continue;
    view.card.remove();
    views.delete(name);
  }
  ready = true;
  redraw();
}

function onState(now) {
  if (setLive(now)) redraw();
}

// --- looking up a plate ---------------------------------------------------------------------------
function stayText(s) {
  const place = views.get(s.place)?.place;
  const name = place?.title || s.place;
  const when = (iso) => timeOf(iso, place?.zone, { dateStyle: 'medium', timeStyle: 'short', named: true });
  const key = { open: 'parkedAt', closed: 'stayedAt', unmatched: 'unmatchedAt' }[s.state] ?? 'stayedAt';
  const span = s.state === 'open' ? word('sinceTime', { time: when(s.start) }) : [s.start, s.end].filter(Boolean).map(when).join(' – ');
  const amount = s.amount_minor === null || s.amount_minor === undefined ? '' : money(s.amount_minor, s.currency);
  return { title: word(key, { place: name }), span, amount: s.state === 'open' && amount ? word('soFar', { sum: amount }) : amount, pay: word(`pay.${s.payment}`), mark: s.payment };
}

function drawStays(list) {
  $('stays').replaceChildren(...list.map((s) => {
    const item = document.createElement('li');
    const { title, span, amount, pay, mark } = stayText(s);
    item.dataset.state = s.state;
    for (const [name, text] of [['what', title], ['amount', amount], ['when', span], ['pay', pay]]) {
      const cell = document.createElement('span');
      cell.className = name;
      cell.textContent = text;
      item.append(cell);
    }
    item.lastElementChild.dataset.pay = mark;
    return item;
  }));
}

async function find(event) {
  event.preventDefault();
  const note = $('find-note');
  drawStays([]);
  if (!signedIn()) {
    note.textContent = word('findSignIn');
    showSign(true);
    return;
  }
  let answer;
  try {
    answer = await api(`/v1/sessions?plate=${encodeURIComponent($('plate').value)}`);
  } catch {
    note.textContent = word('findFail');
    return;
  }
  const { status, body } = answer;
  if (status === 401) return;
  const problem = { 403: 'findDenied', 400: 'findBad', 422: 'findBad' }[status];
  if (!answer.ok) {
    note.textContent = word(problem ?? 'findFail');
    return;
  }
  note.textContent = body.sessions.length > 0 ? `${body.plate}: ${word('findSome', { n: number(body.sessions.length) })}` : word('findNone');
  drawStays(body.sessions);
}

// --- start ----------------------------------------------------------------------------------------
function signed(is) {
  if (!is) drawStays([]);
  for (const [name, view] of views) {
    if (!is) view.summary = null;
    view.refreshing = false;
    refresh(name, view);
  }
  redraw();
}

openShell({ title: 'title', translated: redraw, signed });
$('find').addEventListener('submit', find);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) { event.preventDefault(); $('plate').focus(); }
});
setInterval(() => {
  if (ready) drawClock(zoneOfAll());
  for (const view of views.values()) if (view.place) drawAge(view.card, { ...view, live: isLive() });
}, 1000);
openStream('/v1/stream', { place: onPlace, movement: onMovement, beat: onBeat }, onState);
