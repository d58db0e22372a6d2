// The page: keeps what the stream says of each place, draws it, and looks up plates on request.

import { word, number, money, timeOf, zoneName, languages, language, chooseLanguage } from './words.js';
import { openStream } from './stream.js';
import { makeCard, drawCard, drawAge, laneWord, level } from './card.js';

const $ = (id) => document.getElementById(id);
const MOVES_MAX = 30;
const views = new Map(); // place -> {place, flow, summary, heard, live, card}
let moves = [];
let live = false;
let ready = false;
let breakers = [];
let clock = { now: Date.now(), rate: 1, read: performance.now() };
let quietSince = null;
let token = '';

// Domain time: the server's, which a simulation lets run faster than ours.
const domainNow = () => clock.now + clock.rate * (performance.now() - clock.read);

const storage = {
  get: (store, key) => { try { return window[store].getItem(key) ?? ''; } catch { return ''; } },
  set: (store, key, value) => { try { value ? window[store].setItem(key, value) : window[store].removeItem(key); } catch { /* private mode: forgotten at reload */ } },
};

async function api(path) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, cache: 'no-store' });
  const body = await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, body };
}

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
  for (const view of views.values()) drawCard(view.card, { ...view, live }, now);
  drawAlarm();
  drawMoves();
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
  line.classList.toggle('stale', !live);
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

function outcomeText(m) {
  const reason = m.reason ? word(`reasons.${m.reason}`) : '';
  const basis = m.direction === 'exit' && m.basis ? word(`bases.${m.basis}`) : '';
  const known = { denied: 'turned', backed_out: 'backedOut', tailgated: 'tailgated', wrong_way: 'wrongWay', manual: 'manual', evacuated: 'evacuated', uncertain: 'uncertain' }[m.outcome];
  const kind = m.outcome === 'drove_through' ? (m.direction === 'exit' ? 'out' : 'in') : known ?? (m.outcome ? m.outcome : 'waiting');
  return { kind, text: word(kind), why: m.outcome === 'denied' ? reason : m.outcome === 'drove_through' ? basis : reason };
}

function drawMoves() {
  const list = $('moves');
  $('moves-none').hidden = moves.length > 0;
  while (list.children.length > moves.length) list.lastElementChild.remove();
  moves.forEach((m, i) => {
    let row = list.children[i];
    if (!row) {
      row = document.createElement('li');
      for (const name of ['when', 'where', 'plate', 'what']) {
        const cell = document.createElement(name === 'when' ? 'time' : 'span');
        cell.className = name;
        row.append(cell);
      }
      list.append(row);
    }
    const { kind, text, why } = outcomeText(m);
    const zone = views.get(m.place)?.place.zone;
    row.dataset.kind = kind;
    row.children[0].textContent = timeOf(m.time, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    row.children[0].dateTime = m.time;
    row.children[1].textContent = [views.get(m.place)?.place.title || m.place, m.lane, zoneName(zone)].filter(Boolean).join(' · ');
    row.children[2].textContent = m.plate || word('noPlate');
    row.children[2].classList.toggle('none', !m.plate);
    row.children[3].textContent = why ? `${text} · ${why}` : text;
  });
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
      const summary = token ? await api(`/v1/places/${encodeURIComponent(name)}/summary`) : null;
      view.summary = summary?.ok ? summary.body : null;
      if (summary?.status === 401) signOut(word('tokenBad'));
    } catch { /* the stream's state already says that the server is away */ }
    if (view.place) redraw();
    setTimeout(() => { view.refreshing = false; }, 2500);
  }, view.flow ? 400 : 0);
}

function onMovement(m) {
  const at = moves.findIndex((other) => other.movement === m.movement);
  if (at >= 0) moves[at] = m;
  else moves.unshift(m);
  moves.sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  moves = moves.slice(0, MOVES_MAX);
  redraw();
}

function onBeat(beat) {
  clock = { now: Date.parse(beat.now), rate: beat.rate, read: performance.now() };
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
  if (live === now && $('link').hidden === now) return;
  live = now;
  $('link').hidden = live;
  document.documentElement.classList.toggle('offline', !live);
  redraw();
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
  if (!token) {
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
  if (status === 401) return signOut(word('tokenBad'));
  const problem = { 403: 'findDenied', 400: 'findBad', 422: 'findBad' }[status];
  if (!answer.ok) {
    note.textContent = word(problem ?? 'findFail');
    return;
  }
  note.textContent = body.sessions.length > 0 ? `${body.plate}: ${word('findSome', { n: number(body.sessions.length) })}` : word('findNone');
  drawStays(body.sessions);
}

// --- token and language ---------------------------------------------------------------------------
function showSign(open) {
  $('sign-box').hidden = !open;
  $('sign').setAttribute('aria-expanded', String(open));
  if (open) $('token').focus();
}

function drawSign() {
  $('sign').textContent = word(token ? 'signedIn' : 'signIn');
  $('sign').classList.toggle('on', Boolean(token));
  $('forget').hidden = !token;
}

function signOut(why = '') {
  setToken('');
  $('stays').replaceChildren();
  if (why) showSign(true);
  $('sign-error').textContent = why;
}

function setToken(value) {
  token = value;
  storage.set('sessionStorage', 'token', token);
  for (const [name, view] of views) {
    if (!token) view.summary = null;
    view.refreshing = false;
    refresh(name, view);
  }
  drawSign();
  redraw();
}

// A link may carry the token in its fragment, which browsers never send to a server. It is taken out of
// the address at once, so that it is not left in the history or on a shared screen.
function tokenOfLink() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) history.replaceState(null, '', location.pathname);
  return given;
}

function translate() {
  document.documentElement.lang = language();
  document.title = word('title');
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll('[data-word-label]')) node.setAttribute('aria-label', word(node.dataset.wordLabel));
  for (const node of document.querySelectorAll('[data-lang]')) node.setAttribute('aria-pressed', String(node.dataset.lang === language()));
  drawSign();
  redraw();
}

function start() {
  chooseLanguage(storage.get('localStorage', 'language') || (navigator.languages ?? [navigator.language]).map((l) => l.slice(0, 2)).find((l) => languages.includes(l)));
  token = tokenOfLink() || storage.get('sessionStorage', 'token');
  storage.set('sessionStorage', 'token', token);
  addEventListener('hashchange', () => { const given = tokenOfLink(); if (given) setToken(given); });
  translate();

  for (const node of document.querySelectorAll('[data-lang]')) {
    node.addEventListener('click', () => {
      chooseLanguage(node.dataset.lang);
      storage.set('localStorage', 'language', node.dataset.lang);
      translate();
    });
  }
  $('sign').addEventListener('click', () => showSign($('sign-box').hidden));
  $('sign-box').addEventListener('submit', async (event) => {
    event.preventDefault();
    setToken($('token').value.trim());
    $('token').value = '';
    $('sign-error').textContent = '';
    showSign(false);
  });
  $('forget').addEventListener('click', () => { signOut(); showSign(false); });
  $('find').addEventListener('submit', find);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !$('sign-box').hidden) { showSign(false); $('sign').focus(); }
    if (event.key === '/' && !/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) { event.preventDefault(); $('plate').focus(); }
  });

  setInterval(() => {
    $('clock').textContent = ready ? timeOf(domainNow(), zoneOfAll(), { hour: '2-digit', minute: '2-digit', second: '2-digit', named: true }) : '';
    for (const view of views.values()) if (view.place) drawAge(view.card, { ...view, live });
  }, 1000);

  openStream('/v1/stream', { place: onPlace, movement: onMovement, beat: onBeat }, onState);
}

start();
