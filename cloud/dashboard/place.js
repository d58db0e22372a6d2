// One car park: the day's curve beside last week's, its lanes from above, who came and went, what was
// taken, and which of cloud, site and payment is well.

import { word, number, money, timeOf, duration } from './words.js';
import { openStream } from './stream.js';
import { $, api, signedIn, openShell, isLive, setLive, setClock, domainNow, drawClock } from './shell.js';
import { level, STALE_MS } from './card.js';
import { drawMoves, withMovement } from './moves.js';
import { drawPlans } from './lane.js';
import { drawOccupancy, drawTraffic, onThemeChange } from './charts.js';

const DAY_MS = 24 * 3600000;
const WEEK_MS = 7 * DAY_MS;
const STEP_MS = 15 * 60000;
const REFRESH_MS = 10000;
const id = new URLSearchParams(location.search).get('place') ?? '';

let place = null;
let heard = 0;
let ready = false;
let moves = [];
let breakers = [];
let day = null; // {labels, now, before, behind}
let frame = 0;

const at = (ms) => new Date(ms).toISOString();
const path = (rest) => `/v1/places/${encodeURIComponent(id)}${rest}`;
const report = (name, from, to, more) => api(`/v1/reports/${name}?place=${encodeURIComponent(id)}&from=${at(from)}&to=${at(to)}${more}`);

// --- drawing --------------------------------------------------------------------------------------
function redraw() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
}

function draw() {
  $('page').setAttribute('aria-busy', String(!ready));
  $('missing').hidden = !ready || place !== null;
  $('content').hidden = place === null;
  if (place === null) return;
  document.title = `${place.title || place.place} · Boomgate`;
  $('name').textContent = place.title || place.place;
  $('state').dataset.level = level(place);
  $('state').firstElementChild.textContent = word(level(place));
  $('figures').textContent = word('parkedOf', { taken: number(Math.max(0, place.occupied.counted)), n: number(place.capacity), free: number(place.free) });
  drawPlans($('lanes'), place.lanes ?? [], domainNow());
  $('moves-none').hidden = moves.length > 0;
  drawMoves($('moves'), moves, () => place);
  drawHealth();
  drawAge();
}

function drawAge() {
  const old = performance.now() - heard;
  const stale = !isLive() || old > STALE_MS;
  $('content').classList.toggle('stale', stale);
  $('age').textContent = stale ? word('stale', { age: duration(old) }) : word('updated', { time: timeOf(place.time, place.zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', named: true }) });
}

function item(level, text) {
  const node = document.createElement('li');
  node.dataset.level = level;
  node.textContent = text;
  return node;
}

function cell(text, mark = '', head = false) {
  const node = document.createElement(head ? 'th' : 'td');
  node.textContent = text;
  if (mark) node.dataset.mark = mark;
  return node;
}

function table(node, heads, rows) {
  const head = document.createElement('tr');
  head.append(...heads.map((text) => cell(text, '', true)));
  node.replaceChildren(head, ...rows.map((cells) => {
    const row = document.createElement('tr');
    row.append(...cells.map(([text, mark]) => cell(text, mark)));
    return row;
  }));
}

function providerItem(b) {
  const state = { closed: 'breakerClosed', open: 'breakerOpen' }[b.state] ?? 'breakerTrial';
  return item(b.state === 'closed' ? 'ok' : 'attention', word('outageProvider', { name: b.name, state: word(state) }));
}

// The three outages, told apart: our cloud, the site's way to it, a payment provider.
function drawHealth() {
  const edges = place.edges ?? [];
  const there = edges.filter((e) => e.online).length;
  $('outages').replaceChildren(
    item(isLive() ? 'ok' : 'attention', word(isLive() ? 'outageCloud' : 'outageCloudDown')),
    item(there === edges.length ? 'ok' : 'attention', word('outageSite', { n: number(there), all: number(edges.length) })),
    ...(breakers.length ? breakers.map(providerItem) : [item('ok', word('outageNoProvider'))]),
  );
  table($('edges'), [word('edge'), '', word('heardAgo'), word('waiting2'), word('clockState'), word('version')], edges.map((e) => [
    [e.edge], [word(e.online ? 'edgeOk' : 'edgeGone'), e.online ? '' : 'attention'],
    [e.seen ? word('agoText', { age: duration(domainNow() - Date.parse(e.seen)) }) : '–'],
    [e.outbox_depth > 0 ? word('waitingText', { n: number(e.outbox_depth), age: duration(e.outbox_age_ms) }) : '0'],
    [word(`clocks.${e.clock}`), e.clock === 'synced' ? '' : 'attention'], [e.version]]));
  const terms = [[word('tariff'), place.tariff], [word('policy'), word(`policies.${place.payment_policy}`)]];
  $('terms').replaceChildren(...terms.flatMap(([name, value]) => {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = name;
    dd.textContent = value;
    return [dt, dd];
  }));
}

// --- the day ----------------------------------------------------------------------------------------
function drawDay() {
  if (!day || day.now.length === 0 || place === null) return;
  const labels = day.times.map((ms) => timeOf(ms, place.zone));
  drawOccupancy($('day'), labels, day.now, day.before, place.capacity).catch(() => {});
  $('day-note').textContent = day.behind > 60000 ? word('chartBehind', { age: duration(day.behind) }) : signedIn() ? '' : word('chartSignIn');
}

// Without a token the curve that everybody may see; with one also last week's.
async function loadDay() {
  const to = Math.floor(domainNow() / STEP_MS) * STEP_MS + STEP_MS;
  if (!signedIn()) {
    const flow = await api(path('/flow'));
    if (!flow.ok) return;
    const from = Date.parse(flow.body.from);
    day = { times: flow.body.occupied.map((_, i) => from + (i + 1) * flow.body.step_ms), now: flow.body.occupied, before: null, behind: 0 };
    return;
  }
  const [now, before] = await Promise.all([report('occupancy', to - DAY_MS, to, '&step=15m'), report('occupancy', to - DAY_MS - WEEK_MS, to - WEEK_MS, '&step=15m')]);
  if (!now.ok) return;
  const inside = (answer) => answer.body.rows.map((row) => row.inside);
  const some = before.ok && before.body.rows.some((row) => row.entered + row.left > 0);
  day = { times: now.body.rows.map((row) => Date.parse(row.time)), now: inside(now), before: some ? inside(before) : null, behind: now.body.as_of.age_ms };
}

async function loadTraffic() {
  const hour = 3600000;
  const to = Math.floor(domainNow() / hour) * hour + hour;
  const answer = await report('arrivals', to - DAY_MS, to, '&step=1h');
  $('traffic-panel').hidden = !answer.ok;
  if (!answer.ok) return;
  const times = Array.from({ length: 24 }, (_, i) => to - DAY_MS + i * hour);
  const sums = (key) => times.map((t) => answer.body.rows.filter((row) => Date.parse(row.time) === t).reduce((sum, row) => sum + row[key], 0));
  await drawTraffic($('traffic'), times.map((t) => timeOf(t, place.zone)), sums('entered'), sums('left'));
}

async function loadMoney() {
  const hour = 3600000;
  const to = Math.floor(domainNow() / hour) * hour + hour;
  const ask = (by) => report('revenue', to - DAY_MS, to, `&step=1h&by=${by}`);
  const [lanes, kinds] = await Promise.all([ask('lane'), ask('kind')]);
  $('money-panel').hidden = !lanes.ok || !kinds.ok;
  if ($('money-panel').hidden) return;
  const groups = (answer) => {
    const sums = new Map();
    for (const row of answer.body.rows) {
      const sum = sums.get(row.group) ?? { payments: 0, minor: 0, currency: row.currency };
      sums.set(row.group, { ...sum, payments: sum.payments + row.payments, minor: sum.minor + row.amount_minor });
    }
    return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const rows = (list, name) => list.map(([group, sum]) => [[group ? name(group) : word('notKnown')], [number(sum.payments)], [money(sum.minor, sum.currency)]]);
  const byLane = groups(lanes);
  const none = byLane.length === 0;
  $('money-none').hidden = !none;
  for (const [tableId, head, list, name] of [['money-lane', 'lane', byLane, (lane) => lane], ['money-kind', 'kind', groups(kinds), (kind) => word(`kinds.${kind}`)]]) {
    $(tableId).hidden = none;
    table($(tableId), [word(head), word('paymentsN'), word('sum')], rows(list, name));
  }
}

let loading = false;
async function loadReports() {
  if (loading || place === null) return;
  loading = true;
  try {
    await loadDay();
    drawDay();
    if (signedIn()) await Promise.all([loadTraffic(), loadMoney()]);
    else for (const panel of ['traffic-panel', 'money-panel']) $(panel).hidden = true;
  } catch { /* the stream's state already says that the server is away */ }
  loading = false;
}

// --- what comes in --------------------------------------------------------------------------------
function onPlace(told) {
  if (told.place !== id) return;
  const first = place === null;
  place = told;
  heard = performance.now();
  redraw();
  if (first) loadReports();
}

function onMovement(m) {
  if (m.place !== id) return;
  moves = withMovement(moves, m);
  redraw();
}

function onBeat(beat) {
  setClock(beat);
  breakers = beat.breakers ?? [];
  if (beat.places && !beat.places.includes(id)) place = null;
  ready = true;
  redraw();
}

openShell({ title: 'placeTitle', translated: () => { redraw(); loadReports(); }, signed: loadReports });
onThemeChange(loadReports);
setInterval(() => {
  if (place === null) return;
  drawClock(place.zone);
  drawAge();
}, 1000);
setInterval(() => { if (isLive()) loadReports(); }, REFRESH_MS);
openStream('/v1/stream', { place: onPlace, movement: onMovement, beat: onBeat }, (now) => { if (setLive(now)) redraw(); });
