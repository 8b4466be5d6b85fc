/** Runs the demonstration and puts what it prints into docs/demo.svg and README.md: `npm run picture`, after `npm run build`. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const at = path => new URL(`../${path}`, import.meta.url);
const FONT_SIZE = 14;
const LINE_HEIGHT = 20;
const CHARACTER_WIDTH = 8.43;
const MARGIN = 20;
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' };

const output = execFileSync(process.execPath, [at('dist/shell/cli/main.js').pathname, 'demo'], {
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1' },
}).trimEnd();
writeFileSync(at('docs/demo.svg'), drawing(output));
const readme = readFileSync(at('README.md'), 'utf8');
writeFileSync(at('README.md'), withDemo(readme, stripVTControlCharacters(output)));

/** The README with the demonstration's output between its markers. */
function withDemo(text, demo) {
  const [before, rest] = text.split('<!-- demo -->');
  const [, after] = (rest ?? '').split('<!-- /demo -->');
  if (after === undefined) throw new Error('README.md has no <!-- demo --> … <!-- /demo --> block.');
  const lines = demo.split('\n').map(line => line.trimEnd());
  return `${before}<!-- demo -->\n\`\`\`text\n$ npm run demo\n${lines.join('\n')}\n\`\`\`\n<!-- /demo -->${after}`;
}

function drawing(text) {
  const lines = [`$ npm run demo`, ...text.split('\n')];
  const columns = Math.max(...lines.map(line => stripVTControlCharacters(line).length));
  const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const rows = lines.map((line, row) => {
    const y = MARGIN + FONT_SIZE + row * LINE_HEIGHT;
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The output of npm run demo: an answer whose receipt passes, and two altered copies that fail">
<style>text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3}.bold{font-weight:bold}.dim{fill-opacity:.6}</style>
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`;
}

/** A line's parts as tspans, after its SGR escape sequences. */
function spans(line) {
  let bold = false;
  let dim = false;
  let colour = null;
  let result = '';
  for (const part of line.split(/(\u001b\[[0-9]+m)/)) {
    const code = /^\u001b\[([0-9]+)m$/.exec(part)?.[1];
    if (code === undefined) {
      const classes = [bold ? 'bold' : '', dim ? 'dim' : ''].filter(Boolean).join(' ');
      const style = `${classes ? ` class="${classes}"` : ''}${colour ? ` fill="${colour}" style="fill:${colour}"` : ''}`;
      if (part !== '') result += `<tspan${style}>${escapeXml(part)}</tspan>`;
    } else if (code === '1') bold = true;
    else if (code === '2') dim = true;
    else if (code === '22') bold = dim = false;
    else if (code === '39') colour = null;
    else colour = COLOURS[code] ?? colour;
  }
  return result;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
