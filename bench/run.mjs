/**
 * `npm run bench -- <name>`: one command for each row of numbers. A benchmark starts what it measures and its peers by itself, on
 * loopback, in random order over several rounds, and states machine and versions. It never asserts: a slow machine fails no build.
 */
import { readOptions } from './options.mjs';

const BENCHES = {
  log: () => import('./log/bench.mjs'),
  growth: () => import('./log/growth.mjs'),
  gateway: () => import('./gateway/bench.mjs'),
  'gateway-soak': () => import('./gateway/soak.mjs'),
  verify: () => import('./verify/bench.mjs'),
  views: () => import('./views/bench.mjs'),
  evidence: () => import('./evidence/bench.mjs'),
  appraise: () => import('./appraise/bench.mjs'),
  revocation: () => import('./revocation/bench.mjs'),
};

const [name = '', ...words] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : null;
if (load === null) {
  process.stderr.write(
    `Usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [options]; bench/README.md says which\n`,
  );
  process.exitCode = 64;
} else {
  const { bench, DEFAULTS } = await load();
  await bench(readOptions(words, DEFAULTS));
}
