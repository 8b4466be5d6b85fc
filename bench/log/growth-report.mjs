/** What the benchmark of growth says at its end. */

/** @param rows one for each size, the smallest first */
export function reportGrowth(rows) {
  if (rows.length === 0) return;
  const lines = rows.map(row => {
    const { least, median, most } = row.appendMicroseconds;
    const cells = [
      row.size.toLocaleString('en-US'),
      `${one(median)} (${one(least)}–${one(most)})`,
      one(row.appendMeanMicroseconds),
      one(row.appendCpuMicroseconds),
      one(row.findMicroseconds),
      one(row.findUnknownMicroseconds),
      one(row.proveMicroseconds),
      one(row.verifyMicroseconds),
      one(row.cold.proveMicroseconds),
      one(row.cold.findMicroseconds),
      row.openSeconds.toFixed(2),
      row.residentMiB,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head =
    '| entries | append µs (least–most) | mean | CPU | find µs | find none µs | prove µs | verify µs | cold: prove µs | then find µs | open s | resident MiB |';
  const rule = `|${head
    .split('|')
    .slice(1, -1)
    .map(() => '--:|')
    .join('')}`;
  process.stdout.write(`${[head, rule, ...lines].join('\n')}\n\n${growthOf(rows).join('\n')}\n`);
}

/** How much more each costs at the end than at the beginning; a proof has log2 n hashes, so that its cost is divided by that. */
function growthOf(rows) {
  const [first, last] = [rows[0], rows.at(-1)];
  const rise = (what, costOf) => {
    const percent = (costOf(last) / costOf(first) - 1) * 100;
    return `${what}: ${percent >= 0 ? '+' : ''}${percent.toFixed(0)} % from ${first.size} to ${last.size} entries`;
  };
  return [
    rise('append, with all that happens behind it', ({ appendMeanMicroseconds }) => appendMeanMicroseconds),
    rise('append, processor time', ({ appendCpuMicroseconds }) => appendCpuMicroseconds),
    rise('find', ({ findMicroseconds }) => findMicroseconds),
    rise('find none', ({ findUnknownMicroseconds }) => findUnknownMicroseconds),
    rise('prove, by hash of the proof', ({ size, proveMicroseconds }) => proveMicroseconds / Math.log2(size)),
    rise(
      'verify, by hash of the proof',
      ({ size, verifyMicroseconds }) => verifyMicroseconds / Math.log2(size),
    ),
  ];
}

function one(value) {
  return value.toFixed(1);
}
