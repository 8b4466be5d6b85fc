/**
 * Makes the receipts that are kept for ever under test/receipts: `npm run build && node scripts/keep-receipts.mjs v1`
 * (with `--again` to replace what has not been published yet).
 *
 * Run by hand, once for each version of the formats. A real house answers five exchanges, and every file is what a caller would hold. What
 * has been kept is never changed: later versions of the code must go on verifying it.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const at = path => new URL(`../${path}`, import.meta.url);
const { parseTrust } = await import(at('dist/appraise/trust.js'));
const { parseOpening } = await import(at('dist/receipt/opening.js'));
const { changeKey } = await import(at('dist/shell/cli/change-key.js'));
const { openHouse } = await import(at('dist/shell/cli/house.js'));
const { openUpstreams } = await import(at('dist/shell/cli/upstreams.js'));
const { openSecret } = await import(at('dist/shell/files/secret.js'));
const { DEFAULT_LIMITS } = await import(at('dist/shell/gateway/context.js'));
const { DEFAULT_TIMEOUTS } = await import(at('dist/shell/gateway/timeouts.js'));
const { Vault } = await import(at('dist/shell/vault/vault.js'));
const { verify } = await import(at('dist/appraise/verify.js'));

const GRADES = { model: 'asserted', place: 'asserted', record: 'witnessed', answer: 'not-recomputed' };
const OPERATOR = 'Example Operator';
const ROTATED = ['log', 'log-ml-dsa', 'issuer', 'witness-1'];
const QUESTION = 'What is a receipt?';
/** Nothing listens on this port of any machine that we know. */
const NOBODY = 'http://127.0.0.1:1/v1';

const body = (model, more = {}) =>
  JSON.stringify({ model, messages: [{ role: 'user', content: QUESTION }], ...more });

/** Each exchange: what is asked, how it must end, and which facts its receipt supports. */
const EXCHANGES = [
  { name: 'completed', status: 'completed', request: model => body(model), grades: GRADES },
  { name: 'streamed', status: 'completed', request: model => body(model, { stream: true }), grades: GRADES },
  {
    name: 'refused',
    status: 'refused',
    request: () => body('a-model-that-nobody-has'),
    grades: { ...GRADES, model: 'none', place: 'none' },
  },
  {
    name: 'aborted',
    status: 'aborted',
    leaves: true,
    request: model => body(model, { stream: true, temperature: 2, seed: 1, max_tokens: 400 }),
    grades: GRADES,
  },
  {
    name: 'failed',
    status: 'failed',
    upstream: NOBODY,
    request: () => body('a-model-of-another'),
    grades: { ...GRADES, model: 'none', place: 'none' },
  },
];

const [version, again] = process.argv.slice(2);
if (!/^v[0-9]+$/.test(version ?? '')) throw new Error('name the version of the formats, such as v1');
const target = at(`test/receipts/${version}/`);
if (existsSync(target) && again !== '--again') {
  throw new Error(
    'receipts of this version are kept already; --again replaces them, before they are published',
  );
}
const data = await mkdtemp(join(tmpdir(), 'countersign-keep-'));
try {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  // One operator, first without and then with another server behind it. In between every kind of key rotates, so that the first receipts
  // are by keys that have ended.
  const made = [];
  let folder;
  for (const upstream of [undefined, NOBODY]) {
    if (folder !== undefined) for (const place of ROTATED) await rotate(folder, place);
    const house = await open(upstream);
    folder = house.folder;
    try {
      await writeFile(new URL('trust.json', target), await readFile(folder.trust));
      for (const exchange of EXCHANGES.filter(candidate => candidate.upstream === upstream)) {
        made.push(await perform(house, exchange));
      }
    } finally {
      await house.close();
    }
  }
  for (const exchange of made) await keep(folder, exchange);
} finally {
  await rm(data, { recursive: true, force: true });
}

function rotate(folder, target) {
  return changeKey({
    folder,
    operator: OPERATOR,
    onProblem: message => process.stderr.write(`${message}\n`),
    action: 'rotate',
    target,
    from: null,
    recovery: null,
    now: Date.now,
  });
}

async function open(upstream) {
  return openHouse({
    data,
    host: '127.0.0.1',
    port: 0,
    ...(await openUpstreams(upstream === undefined ? [] : [upstream], DEFAULT_TIMEOUTS)),
    operator: OPERATOR,
    inline: true,
    requestBytes: DEFAULT_LIMITS.requestBytes,
    onProblem: message => process.stderr.write(`${message}\n`),
  });
}

async function perform(house, exchange) {
  const request = exchange.request(house.models[0]);
  const leaving = new AbortController();
  const reply = await fetch(`${house.address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request,
    signal: leaving.signal,
  });
  const id = reply.headers.get('countersign-exchange');
  let response = null;
  if (exchange.leaves) {
    await reply.body.getReader().read();
    leaving.abort();
  } else {
    response = new Uint8Array(await reply.arrayBuffer());
  }
  const bundle = await fetchBundle(`${house.address}/v1/receipts/${id}?wait=witnessed`);
  const opening = reply.headers.get('countersign-opening');
  return { ...exchange, id, request: Buffer.from(request), response, opening, bundle, asOf: Date.now() };
}

/** The gateway may still be writing the receipt of a client that has just left. */
async function fetchBundle(url) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const reply = await fetch(url);
    if (reply.ok) return new Uint8Array(await reply.arrayBuffer());
    await wait(100);
  }
  throw new Error(`no receipt at ${url}`);
}

/** Verifies what was made and writes it down; what is not as it should be is not kept. */
async function keep(folder, made) {
  const { name, status, grades, id, request, opening, bundle, asOf } = made;
  // Of an answer that was cut short, the operator knows how much it had sent; its caller may have read less.
  const response =
    made.response ??
    new Vault(folder.vault, await openSecret(join(folder.keys, 'vault.key'))).get(id).response;
  const trust = parseTrust(await readFile(new URL('trust.json', target)));
  const content = { opening: parseOpening(opening), request, response };
  const verification = await verify({ bundle, trust, content, asOf });
  const found = Object.fromEntries(
    Object.entries(verification.facts).map(([fact, { grade }]) => [fact, grade]),
  );
  const unmade = verification.checks.filter(check => check.status !== 'pass' && check.name !== 'epoch');
  const ended = verification.receipt?.response.status;
  const same = JSON.stringify(found) === JSON.stringify(grades) && verification.outcome === 'pass';
  if (ended !== status || unmade.length > 0 || !same) {
    throw new Error(`${name}: ${JSON.stringify({ ended, found, unmade, outcome: verification.outcome })}`);
  }
  const place = new URL(`${name}/`, target);
  await mkdir(place, { recursive: true });
  const about = { asOf: new Date(asOf).toISOString(), outcome: 'pass', status, grades };
  await Promise.all([
    writeFile(new URL('bundle.json', place), bundle),
    writeFile(new URL('opening', place), opening),
    writeFile(new URL('request', place), request),
    writeFile(new URL('response', place), response),
    writeFile(new URL('about.json', place), `${JSON.stringify(about, null, 2)}\n`),
  ]);
  process.stdout.write(`${name}: ${bundle.length} bytes\n`);
}
