// Charts, drawn by Chart.js, which is fetched when the first of them has data. Colours come from the
// page's own, so that both themes work; figures that a chart shows are told in words as well.

import { word, number } from './words.js';

let library = null;

function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = '/chart.min.js';
    script.onload = () => resolve(window.Chart);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function look() {
  return { ink: colour('--ink'), soft: colour('--soft'), line: colour('--line'), fill: colour('--free-fill'), accent: colour('--accent'), full: colour('--full-fill') };
}

function options({ soft, line }, unit) {
  const axis = { ticks: { color: soft, maxRotation: 0, autoSkipPadding: 24 }, grid: { color: line }, border: { display: false } };
  return {
    responsive: true, maintainAspectRatio: false, animation: false, normalized: true,
    interaction: { mode: 'index', intersect: false },
    plugins: {
      legend: { position: 'bottom', labels: { color: soft, boxWidth: 22, boxHeight: 2 } },
      tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${number(item.parsed.y)} ${unit}` } },
    },
    scales: { x: { ...axis, grid: { display: false } }, y: { ...axis, beginAtZero: true, ticks: { ...axis.ticks, precision: 0 } } },
  };
}

// Draws or redraws the chart of a canvas.
async function show(canvas, type, labels, datasets, more = {}) {
  const Chart = await load();
  const old = Chart.getChart(canvas);
  if (old && old.config.type === type && old.data.datasets.length === datasets.length) {
    old.data.labels = labels;
    datasets.forEach((set, i) => Object.assign(old.data.datasets[i], set));
    old.update('none');
    return;
  }
  old?.destroy();
  new Chart(canvas, { type, data: { labels, datasets }, options: { ...options(look(), word('carsUnit')), ...more } });
}

// now: numbers step by step; before: the same a week ago, or null; capacity: the line that says full.
export function drawOccupancy(canvas, labels, now, before, capacity) {
  const { fill, soft, full } = look();
  const sets = [
    { label: word('chartNow'), data: now, borderColor: fill, backgroundColor: `${fill}33`, fill: 'origin', borderWidth: 2, pointRadius: 0, stepped: true },
    { label: word('chartCapacity'), data: labels.map(() => capacity), borderColor: full, borderWidth: 1.5, borderDash: [5, 4], pointRadius: 0 },
  ];
  if (before) sets.push({ label: word('chartBefore'), data: before, borderColor: soft, borderWidth: 1.5, borderDash: [2, 3], pointRadius: 0, stepped: true });
  canvas.setAttribute('aria-label', word('dayLabel', { span: word('h', { n: 24 }), now: number(now.at(-1) ?? 0), max: number(Math.max(0, ...now)) }));
  return show(canvas, 'line', labels, sets);
}

export function drawTraffic(canvas, labels, entered, left) {
  const { fill, accent } = look();
  const sum = (list) => number(list.reduce((a, b) => a + b, 0));
  canvas.setAttribute('aria-label', word('trafficLabel', { entered: sum(entered), left: sum(left) }));
  return show(canvas, 'bar', labels, [
    { label: word('in'), data: entered, backgroundColor: fill },
    { label: word('out'), data: left, backgroundColor: accent },
  ]);
}

// The theme of the system changed: every chart takes the new colours.
export function onThemeChange(redraw) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', async () => {
    const Chart = await load();
    for (const chart of Object.values(Chart.instances)) chart.destroy();
    redraw();
  });
}
