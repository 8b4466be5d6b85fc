/**
 * `npm run bench -- <name>`: one command for each row of numbers. A benchmark starts what it measures and its peers by itself, on
 * loopback, in random order over several rounds, and states machine and versions. It never asserts: a slow machine fails no build.
 */
const BENCHES = { log: () => import('./log/bench.mjs'), growth: () => import('./log/growth.mjs') };

const [name = '', ...options] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : null;
if (load === null) {
  process.stderr.write(
    `Usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [--rounds <n>] [--seconds <n>]\n`,
  );
  process.exitCode = 64;
} else {
  const { bench } = await load();
  await bench(readOptions(options));
}

function readOptions(words) {
  const read = { rounds: 3, seconds: 8 };
  for (let at = 0; at < words.length; at += 2) {
    const option = words[at].replace(/^--/, '');
    const value = Number(words[at + 1]);
    if (!Object.hasOwn(read, option) || !(value > 0)) throw new Error(`${words[at]} takes a number over 0`);
    read[option] = value;
  }
  return read;
}
