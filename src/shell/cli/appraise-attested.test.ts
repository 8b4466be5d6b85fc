/**
 * What a gateway shows of its own machine, by whoever judges the receipts that it has signed there: its answer, handed in; and what the receipt names, handed in as it is
 * served, or fetched by a validator.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { eventually, exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { parseBundle } from '../../receipt/bundle.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { Verdict } from '../../receipt/verdict.js';
import { HttpServer, text } from '../http/server.js';

let folder: string;
let gateway: Served;
/** In AMD's place. */
let maker: HttpServer;
const askedOf: string[] = [];
const at = (...names: string[]) => join(folder, ...names);
const MEASURED = 'ab'.repeat(48);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-attested-'));
  maker = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, statusOf: () => undefined, onProblem: () => undefined },
    routes: [
      {
        method: 'GET',
        path: /^(\/.*)$/,
        handle: (_, path = '') => {
          askedOf.push(path);
          return text(404, 'nothing');
        },
      },
    ],
  });
  const environment = { COUNTERSIGN_COLLATERAL_KDS: await maker.listen() };
  gateway = await serve(['--data', at('house'), '--attester', 'simulated'], { environment });
  const { address, models } = gateway.summary;
  const body = { model: models[0], messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1 };
  const [bundle, [named]] = await eventually(async () => {
    const bundle = await fetchBundle({ address }, exchangeOf(await ask(address, { body })));
    const { evidence } = readStatement(RECEIPT, parseBundle(bundle).envelope).predicate;
    return evidence.length === 0 ? undefined : ([bundle, evidence] as const);
  });
  writeFileSync(at('bundle.json'), bundle);
  const kept = await fetch(`${address}/v1/evidence/${named?.digest}`);
  writeFileSync(at('named.json'), Buffer.from(await kept.arrayBuffer()));
  const attestation = await fetch(`${address}/v1/attestation?nonce=${'0f'.repeat(16)}`);
  writeFileSync(at('attestation.json'), Buffer.from(await attestation.arrayBuffer()));
  writeFileSync(
    at('policy.yaml'),
    `name: a\nrequires: { place: hardware }\nreleases: [{ name: b, measurements: ['${MEASURED}'] }]\n`,
  );
});
afterAll(async () => {
  await gateway.stop();
  await maker.close();
  rmSync(folder, { recursive: true });
});

const found = ({ clauses }: Pick<Verdict, 'clauses'>, name: string) =>
  clauses.find(({ clause }) => clause === name);

function expectRefused(verdict: Verdict): void {
  // What nobody believes ties nothing to anything.
  expect(found(verdict, 'binding')).toMatchObject({
    status: 'inconclusive',
    code: 'binding/evidence-refused',
  });
  expect(found(verdict, 'evidence')).toMatchObject({ status: 'fail', code: 'certificate/root-unknown' });
  expect(found(verdict, 'place')).toMatchObject({ status: 'fail' });
  expect(verdict.evidence).toMatchObject([
    { kind: 'sev-snp', statement: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
}

describe('evidence of a machine, under a root that is no maker’s', () => {
  it.each([
    ['the answer to a nonce', 'attestation.json'],
    ['what the receipt names', 'named.json'],
  ])('is read with its statement, and counts for nothing: %s', async (_, file) => {
    const { code, stdout } = await run([
      ...['appraise', at('bundle.json'), '--trust', gateway.summary.trust, '--policy', at('policy.yaml')],
      ...['--evidence', at(file), '--json'],
    ]);
    expect(code).toBe(10);
    expectRefused(JSON.parse(stdout).verdict);
    const verified = await run([
      ...['verify', at('bundle.json'), '--trust', gateway.summary.trust],
      ...['--evidence', at(file), '--json'],
    ]);
    expect([verified.code, JSON.parse(verified.stdout).facts.place.grade]).toEqual([10, 'asserted']);
  });

  it('is no maker’s, and no maker is asked about it', () => {
    expect(askedOf).toEqual([]);
  });

  it('is fetched by a validator, who comes to the same', async () => {
    const { code } = await run([
      ...['validator', '--log', `${gateway.summary.address}/log`, '--trust', gateway.summary.trust],
      ...['--policy', at('policy.yaml'), '--key', at('validator.key'), '--data', at('validator')],
      ...['--evidence', gateway.summary.address, '--once', '--json'],
    ]);
    expect(code).toBe(10);
    const { predicate } = readStatement(RECEIPT, parseBundle(readFileSync(at('bundle.json'))).envelope);
    const verdicts = readFileSync(at('validator', 'batches', '0.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map(line => JSON.parse(line) as { readonly entry: string; readonly verdict: Verdict });
    const judged = verdicts.filter(({ verdict }) => verdict.evidence.length > 0);
    expect(judged.length).toBeGreaterThan(0);
    for (const { verdict } of judged) expectRefused(verdict);
    expect(judged.map(({ verdict }) => verdict.evidence[0]?.signedRegion)).toContain(
      predicate.evidence[0]?.signedDigest,
    );
  });
});
