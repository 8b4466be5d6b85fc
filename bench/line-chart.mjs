/** One line over a horizontal axis, as an SVG picture that reads well on light and dark pages. */
import { escaped, STYLE } from './chart.mjs';

const [WIDTH, HEIGHT] = [880, 320];
/** Around the lines: above for the title, to the left for the numbers, below for the axis. */
const AREA = { left: 72, right: WIDTH - 24, top: 64, bottom: HEIGHT - 44 };

/**
 * @param points [x, y] of each, by x; both axes begin at 0
 * @param most the highest y that is drawn, at least
 * @param limit {value, label}: a line across
 */
export function lineChart(title, unit, points, xLabel, most, limit) {
  const xMost = Math.max(...points.map(([x]) => x));
  const yMost = Math.max(most, ...points.map(([, y]) => y));
  const x = value => (AREA.left + (value / xMost) * (AREA.right - AREA.left)).toFixed(1);
  const y = value => (AREA.bottom - (value / yMost) * (AREA.bottom - AREA.top)).toFixed(1);
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const grid = steps.map(step => {
    const value = step * yMost;
    return `<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${y(value)}" y2="${y(value)}"/>
<text class="unit" x="${AREA.left - 8}" y="${Number(y(value)) + 5}" text-anchor="end">${shown(value)}</text>`;
  });
  const axis = steps.map(
    step =>
      `<text class="unit" x="${x(step * xMost)}" y="${AREA.bottom + 20}" text-anchor="middle">${shown(step * xMost)}</text>`,
  );
  const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
${STYLE}
<text class="title" x="16" y="26">${escaped(title)}</text>
<text class="unit" x="16" y="46">${escaped(unit)}</text>
${grid.join('\n')}
${axis.join('\n')}
<text class="unit" x="${(AREA.left + AREA.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escaped(xLabel)}</text>
<line class="limit" x1="${AREA.left}" x2="${AREA.right}" y1="${y(limit.value)}" y2="${y(limit.value)}"/>
<text class="unit" x="${AREA.right}" y="${Number(y(limit.value)) - 6}" text-anchor="end">${escaped(limit.label)}</text>
<polyline class="line" points="${path}"/>
</svg>
`;
}

function shown(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}
