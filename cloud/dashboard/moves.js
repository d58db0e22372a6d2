// The list of the latest movements: who came, who went, who was turned away and why.

import { word, timeOf, zoneName } from './words.js';

const MOVES_MAX = 30;

function outcomeText(m) {
  const reason = m.reason ? word(`reasons.${m.reason}`) : '';
  const basis = m.direction === 'exit' && m.basis ? word(`bases.${m.basis}`) : '';
  const known = { denied: 'turned', backed_out: 'backedOut', tailgated: 'tailgated', wrong_way: 'wrongWay', manual: 'manual', evacuated: 'evacuated', uncertain: 'uncertain' }[m.outcome];
  const kind = m.outcome === 'drove_through' ? (m.direction === 'exit' ? 'out' : 'in') : known ?? (m.outcome ? m.outcome : 'waiting');
  return { kind, text: word(kind), why: m.outcome === 'denied' ? reason : m.outcome === 'drove_through' ? basis : reason };
}

// The list with this movement in it, newest first; one that is known changes in place.
export function withMovement(moves, m) {
  const others = moves.filter((other) => other.movement !== m.movement);
  return [m, ...others].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0)).slice(0, MOVES_MAX);
}

function makeRow() {
  const row = document.createElement('li');
  for (const name of ['when', 'where', 'plate', 'what']) {
    const cell = document.createElement(name === 'when' ? 'time' : 'span');
    cell.className = name;
    row.append(cell);
  }
  return row;
}

// placeOf(id): the place's document, or undefined.
export function drawMoves(list, moves, placeOf) {
  while (list.children.length > moves.length) list.lastElementChild.remove();
  moves.forEach((m, i) => {
    if (!list.children[i]) list.append(makeRow());
    const row = list.children[i];
    const { kind, text, why } = outcomeText(m);
    const place = placeOf(m.place);
    row.dataset.kind = kind;
    row.children[0].textContent = timeOf(m.time, place?.zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    row.children[0].dateTime = m.time;
    row.children[1].textContent = [place?.title || m.place, m.lane, zoneName(place?.zone)].filter(Boolean).join(' · ');
    row.children[2].textContent = m.plate || word('noPlate');
    row.children[2].classList.toggle('none', !m.plate);
    row.children[3].textContent = why ? `${text} · ${why}` : text;
  });
}
