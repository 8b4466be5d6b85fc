import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER } from '../../../test/support/parties.js';
import { logEpochs, ORIGIN, openReceiptLog, REFUSED, receiptOf } from '../../../test/support/submissions.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { parseCanonical } from '../../bytes/json.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import { leafHash } from '../../tree/hash.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { HttpServer } from '../http/server.js';
import type { FileLog } from '../log/file-log.js';
import { submissionRoute } from './answer.js';
import { AdmissionPool } from './pool.js';
import { submissionStatus } from './status.js';
import { Submissions } from './submissions.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let submissions: Submissions;
const pool = new AdmissionPool(ORIGIN, [ISSUER.key], 1);
afterAll(() => pool.close());

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openReceiptLog(folder.path);
  await logEpochs(log);
  submissions = new Submissions(log, pool);
});
afterEach(async () => {
  await log.close();
  folder.remove();
});

describe('an entry that is submitted', () => {
  it('has its place once, whoever brings it and however often', async () => {
    const entry = envelopeBytes(receiptOf(1));
    expect(await submissions.submit(entry)).toEqual({ index: 2, isNew: true });
    expect(await submissions.submit(entry)).toEqual({ index: 2, isNew: false });
    expect(await log.entry(2)).toEqual(entry);
    expect(log.signed.size).toBe(3);
  });

  it('has one place also when many bring it at the same moment', async () => {
    const entries = Array.from({ length: 60 }, (_, at) => envelopeBytes(receiptOf(at % 3)));
    const answers = await Promise.all(entries.map(entry => submissions.submit(entry)));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(3);
    expect(new Set(answers.map(({ index }) => index))).toEqual(new Set([2, 3, 4]));
    expect(log.signed.size).toBe(5);
  });

  it('has the place that the gateway itself gave it, durable when it is told', async () => {
    const entry = envelopeBytes(receiptOf(1));
    const { index } = log.append(entry);
    expect(await submissions.submit(entry)).toEqual({ index, isNew: false });
    expect(log.signed.size).toBeGreaterThan(index);
  });

  it('keeps its one place over a restart', async () => {
    const entry = envelopeBytes(receiptOf(1));
    await submissions.submit(entry);
    await log.close();
    log = await openReceiptLog(folder.path);
    expect(await new Submissions(log, pool).submit(entry)).toEqual({ index: 2, isNew: false });
  });
});

describe('what is refused leaves no trace', () => {
  it.each(REFUSED)('%s', async (_, make, code) => {
    expect(await reasonOfAsync(() => submissions.submit(make()))).toBe(code);
    expect(log.signed.size).toBe(2);
  });
});

describe('POST /log/entries', () => {
  let server: HttpServer;
  let address: string;
  const problems: string[] = [];
  beforeEach(async () => {
    server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: [submissionRoute('/log/entries', submissions, log)],
      statusOf: submissionStatus,
      onProblem: message => problems.push(message),
    });
    address = `${await server.listen()}/log/entries`;
  });
  afterEach(async () => {
    await server.close();
    expect(problems).toEqual([]);
  });

  const post = (body: Uint8Array, query = '') =>
    fetch(`${address}${query}`, { method: 'POST', body: Buffer.from(body) });

  it('answers 201 and then 200 with the same inclusion', async () => {
    const entry = envelopeBytes(receiptOf(1));
    const [first, second] = [await post(entry), await post(entry)];
    expect([first.status, second.status]).toEqual([201, 200]);
    const text = await first.text();
    expect(text).toBe('{"index":2,"proof":null}');
    expect(await second.text()).toBe(text);
  });

  it.each(['included', 'witnessed'])('with ?wait=%s the proof comes along, and holds', async stage => {
    const entry = envelopeBytes(receiptOf(1));
    const answer = await post(entry, `?wait=${stage}`);
    const { index, proof } = parseCanonical(new Uint8Array(await answer.arrayBuffer())) as {
      index: number;
      proof: string;
    };
    const { hashes, checkpoint } = parseTlogProof(proof);
    const [, size, root] = checkpoint.split('\n');
    verifyInclusion(index, Number(size), leafHash(entry), hashes, Buffer.from(root ?? '', 'base64'));
    const lines = checkpoint.split('\n').filter(line => line.startsWith('\u2014'));
    expect(lines.length).toBeGreaterThanOrEqual(stage === 'witnessed' ? 3 : 1);
  });

  it.each(REFUSED)('refuses %s in one line', async (_, make, code, status) => {
    const answer = await post(make());
    // A body over the limit is refused before it is read as an entry.
    expect([answer.status, answer.headers.get('countersign-reason')]).toEqual([
      status,
      status === 413 ? 'request/too-large' : code,
    ]);
    expect((await answer.text()).split('\n')).toHaveLength(2);
  });

  it.each([
    'closing/malformed',
    'key/change-malformed',
    'verdict/malformed',
    'verdict/policy-unlogged',
  ] as const)('is to blame for %s, and not the log', code => expect(submissionStatus(code)).toBe(400));

  it('refuses a stage that there is none of', async () => {
    const answer = await post(envelopeBytes(receiptOf(1)), '?wait=settled');
    expect([answer.status, answer.headers.get('countersign-reason')]).toEqual([
      400,
      'request/parameter-invalid',
    ]);
    expect(log.signed.size).toBe(2);
  });
});

describe('the pool', () => {
  it('refuses what comes after it was closed, and what was waiting', async () => {
    const own = new AdmissionPool(ORIGIN, [ISSUER.key], 1);
    const waiting = Array.from({ length: 50 }, (_, at) =>
      own.admit(envelopeBytes(receiptOf(at)), 2).catch((error: unknown) => error),
    );
    await own.close();
    for (const answer of await Promise.all(waiting))
      expect((answer as { code?: string }).code).toBe('log/unavailable');
    expect(await reasonOfAsync(() => own.admit(envelopeBytes(receiptOf(1)), 2))).toBe('log/unavailable');
  });

  it('lets only so many wait, and tells the others to come again', async () => {
    const own = new AdmissionPool(ORIGIN, [ISSUER.key], 1, thorough({}, { room: 256 }));
    const room = thorough(4096, 256);
    const entry = envelopeBytes(receiptOf(1));
    const answers = Array.from({ length: room + 900 }, () =>
      own.admit(entry, 2).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      ),
    );
    const counts = new Map<string, number>();
    for (const answer of await Promise.all(answers)) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    expect(counts.get('log/busy')).toBeGreaterThan(800);
    expect(counts.get('taken')).toBeGreaterThanOrEqual(room);
    expect([...counts.keys()].sort()).toEqual(['log/busy', 'taken']);
    await own.close();
  });

  it('whose workers end refuses every entry that waits, and starts none for nothing', async () => {
    // A worker cannot read this key, and ends as soon as it begins.
    const unreadable = { ...ISSUER.key, name: 'a name with spaces' };
    const own = new AdmissionPool(ORIGIN, [unreadable], 1);
    const entry = envelopeBytes(receiptOf(1));
    const waiting = Array.from({ length: 60 }, () => reasonOfAsync(() => own.admit(entry, 2)));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['log/unavailable']));
    let started = 0;
    const count = () => {
      started++;
    };
    process.on('worker', count);
    await new Promise(resolve => setTimeout(resolve, 500));
    process.off('worker', count);
    expect(started).toBe(0);
    await own.close();
  });
});
