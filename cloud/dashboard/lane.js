// A lane as seen from above: its loops, the arm across the road, the photocell's beam, and who stands
// where. Drawn from the inputs of the telemetry (PROTOCOL.md, section 9).

import { word, duration } from './words.js';
import { laneWord } from './card.js';

const SVG = 'http://www.w3.org/2000/svg';
const INPUT = { loopA: 0, loopB: 1, photocellClear: 6, edgeOk: 7, fire: 8, localStopOk: 9, mainsOk: 10, cabinetClosed: 12, obstruction: 16, localMode: 17 };
// Signals that say "fine" while they are on: what is missing is what there is to tell.
const FINE = [['photocellClear', 'beam'], ['edgeOk', 'edge'], ['localStopOk', 'localStop'], ['mainsOk', 'mains'], ['cabinetClosed', 'cabinet']];
const TOLD = [['fire', 'fire'], ['obstruction', 'obstruction'], ['localMode', 'localMode']];

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

const on = (lane, name) => Boolean((lane.inputs >> INPUT[name]) & 1);

// The arm turns about its post at the upper kerb: across the road, half way, or along it.
const ARM = { down: 'M150 22V78', moving: 'M150 22 186 66', up: 'M150 22H204', fault: 'M150 22 168 44', offline: 'M150 22V78', unknown: 'M150 22V78' };

function car(x) {
  return [svg('rect', { x, y: 33, width: 62, height: 34, rx: 9, class: 'car' }),
    svg('path', { d: `M${x + 40} 37v26M${x + 14} 37v26`, class: 'glass' })];
}

function plan(lane, state) {
  const here = state !== 'offline' && state !== 'unknown';
  const parts = [
    svg('rect', { x: 4, y: 22, width: 292, height: 56, class: 'road' }),
    svg('path', { d: lane.direction === 'reversible' ? 'M22 50h26M28 44l-7 6 7 6M42 44l7 6-7 6' : 'M18 50h30M42 44l7 6-7 6', class: 'way' }),
    svg('rect', { x: 70, y: 32, width: 66, height: 36, rx: 4, class: here && on(lane, 'loopA') ? 'loop on' : 'loop' }),
    svg('rect', { x: 172, y: 32, width: 66, height: 36, rx: 4, class: here && on(lane, 'loopB') ? 'loop on' : 'loop' }),
    svg('path', { d: 'M160 18V82', class: here && !on(lane, 'photocellClear') ? 'beam cut' : 'beam' }),
  ];
  if (here && on(lane, 'loopA')) parts.push(...car(72));
  if (here && on(lane, 'loopB')) parts.push(...car(174));
  parts.push(svg('path', { d: ARM[state], class: 'arm' }), svg('circle', { cx: 150, cy: 16, r: 8, class: 'post' }));
  for (const [x, text] of [[103, 'A'], [205, 'B']]) {
    const label = svg('text', { x, y: 94, class: 'mark' });
    label.textContent = text;
    parts.push(label);
  }
  return parts;
}

// What there is to say beside the picture, in words; the first is what the lane does.
export function laneTexts(lane, now) {
  const state = laneWord(lane);
  const direction = ['exit', 'reversible'].includes(lane.direction) ? lane.direction : 'entry';
  const texts = [`${word(direction)}: ${word(state)}`];
  if (state === 'offline' || state === 'unknown') {
    if (lane.seen) texts.push(word('since', { age: duration(now - Date.parse(lane.seen)) }));
    return texts;
  }
  if (on(lane, 'loopA')) texts.push(word('inputs.loopA'));
  if (on(lane, 'loopB')) texts.push(word('inputs.loopB'));
  for (const [name, key] of FINE) if (!on(lane, name)) texts.push(word(`inputs.${key}`));
  for (const [name, key] of TOLD) if (on(lane, name)) texts.push(word(`inputs.${key}`));
  return texts;
}

// Fills the list with one plan per lane; rows stay where they are while their values change.
export function drawPlans(list, lanes, now) {
  while (list.children.length > lanes.length) list.lastElementChild.remove();
  lanes.forEach((lane, i) => {
    let item = list.children[i];
    if (!item) {
      item = document.createElement('li');
      const picture = svg('svg', { viewBox: '0 0 300 100', role: 'img' });
      const text = document.createElement('p');
      const name = document.createElement('b');
      text.append(name, ' ', document.createElement('span'));
      item.append(picture, text);
      list.append(item);
    }
    const state = laneWord(lane);
    const texts = laneTexts(lane, now);
    item.dataset.state = state;
    item.firstElementChild.replaceChildren(...plan(lane, state));
    item.firstElementChild.setAttribute('aria-label', `${lane.lane}, ${texts.join(', ')}`);
    item.querySelector('b').textContent = lane.lane;
    item.querySelector('span').textContent = texts.join(' · ');
  });
}
