// A payment link: asks every second what the stay owes, sends the driver to the provider's form, and hands
// what the form brought back (an account at the provider, never a card) to the daemon.

const words = {
  en: {
    title: 'Pay for parking', since: 'Parked since {time}', pay: 'Pay {sum}', how: 'How it adds up',
    due: '', loading: '', paying: 'Payment under way…', declined: 'The payment was declined. You may try another way.',
    opening: 'Thank you, the gate is opening.', paid: 'Thank you. Please leave by {time}.', settled: 'Thank you, all is paid.',
    free: 'Nothing to pay.', left: 'Paid. Have a good trip.', lapsed: 'This link is not valid any more. Please ask for help at the lane.',
    noform: 'Please pay at the desk, or ask for help at the lane.', away: 'The payment service does not answer. Please try again.',
    reconnecting: 'Reconnecting…', failed: 'That did not work. Please try again.',
  },
  ko: {
    title: '주차 요금 결제', since: '{time}부터 주차', pay: '{sum} 결제', how: '요금 내역',
    due: '', loading: '', paying: '결제 중입니다…', declined: '결제가 거절되었습니다. 다른 방법으로 시도해 주세요.',
    opening: '감사합니다. 차단기가 열립니다.', paid: '감사합니다. {time}까지 출차해 주세요.', settled: '감사합니다. 결제가 완료되었습니다.',
    free: '결제할 금액이 없습니다.', left: '결제 완료. 안녕히 가세요.', lapsed: '유효하지 않은 링크입니다. 출구에서 도움을 요청해 주세요.',
    noform: '안내소에서 결제하거나 출구에서 도움을 요청해 주세요.', away: '결제 서비스가 응답하지 않습니다. 다시 시도해 주세요.',
    reconnecting: '다시 연결하는 중…', failed: '처리하지 못했습니다. 다시 시도해 주세요.',
  },
};

const token = location.pathname.split('/').pop();
const $ = id => document.getElementById(id);
let lang = sessionStorage.getItem('lang') || ((navigator.languages || []).some(l => l.startsWith('ko')) ? 'ko' : 'en');
let bill = null;
let note = '';

function text(key, values = {}) {
  return words[lang][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function money(minor) {
  const format = new Intl.NumberFormat(lang, { style: 'currency', currency: bill.currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function clock(time) {
  const today = new Date().toDateString() === new Date(time).toDateString();
  return new Intl.DateTimeFormat(lang, { timeStyle: 'short', timeZone: bill.zone, ...(today ? {} : { dateStyle: 'medium' }) })
    .format(new Date(time));
}

function message(state) {
  if (note && (state === 'due' || state === 'declined')) return text(note);
  if (state === 'paid') return bill.leave_by ? text('paid', { time: clock(bill.leave_by) }) : text('settled');
  if (state === 'due' && !bill.form) return text('noform');
  return text(state);
}

function formUrl() {
  const url = new URL(bill.form);
  url.searchParams.set('amount', bill.due_minor);
  url.searchParams.set('currency', bill.currency);
  url.searchParams.set('return', location.origin + location.pathname);
  return url.href;
}

function show() {
  document.documentElement.lang = lang;
  document.title = text('title');
  for (const b of document.querySelectorAll('[data-lang]')) b.setAttribute('aria-pressed', b.dataset.lang === lang);
  $('link').textContent = text('reconnecting');
  if (!bill) return;
  const state = bill.state;
  const open = (state === 'due' || state === 'declined') && bill.form !== null;
  $('bill').dataset.state = state;
  $('message').textContent = message(state);
  $('place').textContent = bill.title || '';
  $('since').textContent = bill.since ? text('since', { time: clock(bill.since) }) : '';
  $('amount').textContent = state === 'lapsed' ? '' : money(bill.due_minor > 0 ? bill.due_minor : bill.paid_minor);
  $('pay').hidden = !open;
  if (open) {
    $('pay').textContent = text('pay', { sum: money(bill.due_minor) });
    $('pay').href = formUrl();
  }
  $('how').hidden = !(bill.lines && bill.lines.length);
  $('how').querySelector('summary').textContent = text('how');
  $('lines').replaceChildren(...(bill.lines || []).map(line => {
    const li = document.createElement('li');
    for (const part of [line.text, money(line.amount_minor)]) {
      const span = document.createElement('span');
      span.textContent = part;
      li.append(span);
    }
    return li;
  }));
}

async function ask() {
  try {
    const answer = await fetch(`/v1/pay/${token}`, { cache: 'no-store' });
    if (answer.ok) bill = await answer.json();
    else if (answer.status === 404) bill = { ...(bill || {}), state: 'lapsed', lines: [] };
    else throw new Error(answer.status);
    $('link').hidden = true;
    $('bill').classList.remove('stale');
  } catch {
    $('link').hidden = false; // a stale screen must not look live
    $('bill').classList.add('stale');
  }
  show();
}

async function pay(payer) {
  history.replaceState(null, '', location.pathname); // reloading must not pay again
  try {
    const answer = await fetch(`/pay/${token}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `${token}-${payer}`.slice(0, 128) },
      body: JSON.stringify({ payer }),
    });
    note = answer.ok || answer.status === 409 ? '' : answer.status === 503 ? 'away' : 'failed';
  } catch {
    note = 'failed';
  }
}

for (const b of document.querySelectorAll('[data-lang]')) b.addEventListener('click', () => { lang = b.dataset.lang; sessionStorage.setItem('lang', lang); show(); });
const payer = new URLSearchParams(location.search).get('payer');
if (payer) await pay(payer);
await ask();
for (;;) {
  await new Promise(done => setTimeout(done, document.hidden ? 5000 : 700));
  if (bill && (bill.state === 'left' || bill.state === 'lapsed')) break;
  await ask();
}
