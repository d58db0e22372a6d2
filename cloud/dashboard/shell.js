// What every page shares: the access token, the language, the line that says the values are not live, and
// the clock of the car parks. A page gives its callbacks to openShell and draws the rest.

import { word, languages, language, chooseLanguage, timeOf } from './words.js';

export const $ = (id) => document.getElementById(id);

const storage = {
  get: (store, key) => { try { return window[store].getItem(key) ?? ''; } catch { return ''; } },
  set: (store, key, value) => { try { value ? window[store].setItem(key, value) : window[store].removeItem(key); } catch { /* private mode: forgotten at reload */ } },
};

let token = '';
let page = {};

export const signedIn = () => token !== '';

// An answer of the API: {ok, status, body, etag}. Throws when there is none. A token that the server does
// not know (any more) is put away, and the form asks for another; what was typed elsewhere stays.
export async function api(path, { method = 'GET', body, key, etag } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  if (etag) headers['If-Match'] = etag;
  const answer = await fetch(path, { method, headers, cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body) });
  const value = await answer.json().catch(() => ({}));
  if (answer.status === 401 && token) signOut(word('tokenBad'));
  return { ok: answer.ok, status: answer.status, body: value, etag: answer.headers.get('ETag') };
}

// --- the clock of the car parks: a simulation lets it run faster than ours --------------------------
let clock = { now: Date.now(), rate: 1, read: performance.now() };

export function setClock(beat) {
  clock = { now: Date.parse(beat.now), rate: beat.rate, read: performance.now() };
}

export const domainNow = () => clock.now + clock.rate * (performance.now() - clock.read);

export function drawClock(zone) {
  $('clock').textContent = timeOf(domainNow(), zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', named: true });
}

// --- live or not ------------------------------------------------------------------------------------
let live = false;

export const isLive = () => live;

export function setLive(now) {
  if (live === now && $('link').hidden === now) return false;
  live = now;
  $('link').hidden = live;
  document.documentElement.classList.toggle('offline', !live);
  return true;
}

// --- token and language -----------------------------------------------------------------------------
export function showSign(open) {
  $('sign-box').hidden = !open;
  $('sign').setAttribute('aria-expanded', String(open));
  if (open) $('token').focus();
}

function drawSign() {
  $('sign').textContent = word(token ? 'signedIn' : 'signIn');
  $('sign').classList.toggle('on', Boolean(token));
  $('forget').hidden = !token;
}

function setToken(value) {
  token = value;
  storage.set('sessionStorage', 'token', token);
  drawSign();
  page.signed?.(signedIn());
}

export function signOut(why = '') {
  setToken('');
  if (why) showSign(true);
  $('sign-error').textContent = why;
}

// A link may carry the token in its fragment, which browsers never send to a server. It is taken out of
// the address at once, so that it is not left in the history or on a shared screen.
function tokenOfLink() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) history.replaceState(null, '', location.pathname + location.search);
  return given;
}

function translate() {
  document.documentElement.lang = language();
  document.title = word(page.title);
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll('[data-word-label]')) node.setAttribute('aria-label', word(node.dataset.wordLabel));
  for (const node of document.querySelectorAll('[data-lang]')) node.setAttribute('aria-pressed', String(node.dataset.lang === language()));
  drawSign();
  page.translated?.();
}

// callbacks: title (a word), translated() after a change of language, signed(is) after one of the token.
export function openShell(callbacks) {
  page = callbacks;
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
  $('sign-box').addEventListener('submit', (event) => {
    event.preventDefault();
    const given = $('token').value.trim();
    $('token').value = '';
    $('sign-error').textContent = '';
    showSign(false);
    setToken(given);
  });
  $('forget').addEventListener('click', () => { signOut(); showSign(false); });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !$('sign-box').hidden) { showSign(false); $('sign').focus(); }
  });
}
