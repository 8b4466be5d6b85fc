/** Horizontal bars as an SVG picture that reads well on light and dark pages. */

/** What all our pictures look like. */
export const STYLE = `<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 16px; }
.unit { fill: #59636e; }
.ours { fill: #1a7f5a; }
.other { fill: #9aa4ae; }
.grid { stroke: #d1d9e0; }
.limit { stroke: #9aa4ae; stroke-dasharray: 6 4; }
.line { fill: none; stroke: #1a7f5a; stroke-width: 2; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .unit { fill: #9198a1; } .ours { fill: #3fb68b; } .other { fill: #656c76; } .grid { stroke: #3d444d; } .limit { stroke: #656c76; } .line { stroke: #3fb68b; } }
</style>`;

const [LABEL_WIDTH, BAR_WIDTH, ROW, MARGIN] = [300, 420, 34, 16];

/** @param rows {label, value, note, ours}: a bar each; the longest is the largest value */
export function barChart(title, unit, rows) {
  const most = Math.max(...rows.map(({ value }) => value));
  const width = LABEL_WIDTH + BAR_WIDTH + 160 + 2 * MARGIN;
  const height = 56 + rows.length * ROW + MARGIN;
  const bars = rows.map(({ label, value, note = '', ours }, at) => {
    const y = 56 + at * ROW;
    const length = Math.max(2, (value / most) * BAR_WIDTH);
    const number = value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
    return [
      `<text class="label" x="${MARGIN + LABEL_WIDTH - 12}" y="${y + 17}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${ours ? 'ours' : 'other'}" x="${MARGIN + LABEL_WIDTH}" y="${y + 2}" width="${length.toFixed(1)}" height="22" rx="3"/>`,
      `<text class="value" x="${(MARGIN + LABEL_WIDTH + length + 8).toFixed(1)}" y="${y + 17}">${number} ${escaped(note)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
${STYLE}
<text class="title" x="${MARGIN}" y="26">${escaped(title)}</text>
<text class="unit" x="${MARGIN}" y="46">${escaped(unit)}</text>
${bars.join('\n')}
</svg>
`;
}

/** Text as it may stand in SVG. */
export function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
