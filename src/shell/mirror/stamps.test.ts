import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { faultyDisk, hastyDisk } from '../../../test/support/faulty-disk.js';
import { testKey } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { LOG as OTHER_LOG, openMirroredLog } from '../../../test/support/mirror.js';
import { ISSUER, ORIGIN, STRANGER } from '../../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { readEntry } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { type Stamp, verifyStamp } from '../../receipt/stamp.js';
import { writeStatement } from '../../receipt/statement.js';
import { HttpServer } from '../http/server.js';
import { Forwarder } from './forward.js';
import { originHash } from './kept-notes.js';
import { mirrorRoutes, mirrorStatus } from './serve.js';
import { Stamps, type StampsOptions } from './stamps.js';
import { UploadSlots } from './upload-slots.js';

const STAMPER = testKey('mirror.example/m1/stamps', 64);
const NOW = 1_795_000_000_000;

/** A receipt that differs from the others by its number. */
function receipt(number: number, change: Partial<Receipt> = {}, signer = ISSUER): Uint8Array {
  const payload = writeStatement(RECEIPT, {
    subject: receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) }),
    predicate: { ...SAMPLE_RECEIPT, counter: number, ...change },
  });
  return envelopeBytes(seal(payload, keyLabel(signer.key), signer.signer));
}

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function openStamps(changes: Partial<StampsOptions> = {}): Promise<Stamps> {
  return Stamps.open({
    folder: join(folder.path, 'stamps'),
    origin: ORIGIN,
    issuers: [ISSUER.key],
    ...STAMPER,
    now: () => NOW,
    disk: hastyDisk,
    ...changes,
  });
}

const read = (bytes: Uint8Array): Promise<Stamp> => verifyStamp(readEntry(bytes), [STAMPER.key]);
const digestOf = (entry: Uint8Array) => toHex(payloadDigest(readEntry(entry)));

describe('spec/mirror.md §2: stamping a submission', () => {
  it('says which payload came for which log, and when', async () => {
    const entry = receipt(1);
    const { stamp, isNew } = await (await openStamps()).stamp(entry);
    expect(isNew).toBe(true);
    expect(await read(stamp)).toEqual({
      digest: digestOf(entry),
      origin: ORIGIN,
      received: NOW,
      stamper: keyLabel(STAMPER.key),
    });
  });

  it('gives the same stamp again: at once, later, after a restart, and under another signature', async () => {
    const stamps = await openStamps();
    const [first, second] = await Promise.all([stamps.stamp(receipt(1)), stamps.stamp(receipt(1))]);
    expect(second).toEqual({ stamp: first.stamp, isNew: false });
    const later = await openStamps({ now: () => NOW + 5000 });
    expect(await later.stamp(receipt(1))).toEqual({ stamp: first.stamp, isNew: false });
    await later.delivered(digestOf(receipt(1)));
    expect(await later.stamp(receipt(1))).toEqual({ stamp: first.stamp, isNew: false });
    expect(await (await openStamps()).stamp(receipt(1))).toEqual({ stamp: first.stamp, isNew: false });
  });

  it.each<[string, () => Uint8Array]>([
    ['envelope/issuer-unknown', () => receipt(1, {}, STRANGER)],
    ['envelope/issuer-mismatch', () => receipt(1, { issuer: keyLabel(STRANGER.key) })],
    [
      'envelope/signature-invalid',
      () => envelopeBytes({ ...readEntry(receipt(1)), signature: readEntry(receipt(2)).signature }),
    ],
    [
      'receipt/log-mismatch',
      () => receipt(1, { log: { ...SAMPLE_RECEIPT.log, origin: 'log.example/other' } }),
    ],
    ['receipt/malformed', () => receipt(-1)],
    ['json/malformed', () => utf8('{')],
    ['json/not-canonical', () => utf8('{ }')],
    ['envelope/malformed', () => utf8('{}')],
  ])('%s: nothing is stamped, and nothing kept', async (code, entry) => {
    const stamps = await openStamps();
    expect(await reasonOfAsync(() => stamps.stamp(entry()))).toBe(code);
    expect(readdirSync(join(folder.path, 'stamps/waiting'))).toEqual([]);
  });

  it('stamp/store-full: until the log has taken something', async () => {
    const stamps = await openStamps({ limit: 2 });
    await stamps.stamp(receipt(1));
    await stamps.stamp(receipt(2));
    expect(await reasonOfAsync(() => stamps.stamp(receipt(3)))).toBe('stamp/store-full');
    // What was stamped before still is.
    expect(await stamps.stamp(receipt(1))).toMatchObject({ isNew: false });
    await stamps.delivered(digestOf(receipt(1)));
    expect(await stamps.stamp(receipt(3))).toMatchObject({ isNew: true });
    expect(stamps.waiting).toEqual([digestOf(receipt(2)), digestOf(receipt(3))]);
  });

  it('a file that it has not written is no stamp', async () => {
    const stamps = await openStamps();
    const { stamp } = await stamps.stamp(receipt(1));
    for (const content of ['', '{}', 'null', `{"entry":${new TextDecoder().decode(receipt(1))}}`]) {
      writeFileSync(join(folder.path, 'stamps/waiting', digestOf(receipt(1))), content);
      expect(await stamps.stamp(receipt(1))).toEqual({ stamp, isNew: true });
    }
  });

  it('no stamp leaves that a crash could make the mirror forget', async () => {
    const counting = faultyDisk();
    await (await openStamps({ disk: counting })).stamp(receipt(1));
    for (let call = 0; call < counting.count; call++) {
      folder.remove();
      folder = temporaryFolder();
      const disk = faultyDisk();
      disk.failAt(call, 'dead');
      const stamped = await openStamps({ disk })
        .then(
          stamps => stamps.stamp(receipt(1)),
          () => null,
        )
        .catch(() => null);
      const again = await (await openStamps({ now: () => NOW + 1 })).stamp(receipt(1));
      if (stamped !== null) expect(again).toEqual({ stamp: stamped.stamp, isNew: false });
    }
  });
});

describe('POST /<origin hash>/entries', () => {
  it('201 the first time, 200 after it; 403 for strangers, 404 where nothing is stamped', async () => {
    const mirror = await openMirroredLog(folder.path);
    const stamps = await openStamps({ origin: mirror.origin });
    const slots = new UploadSlots();
    const server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: mirrorRoutes({
        keys: [],
        logs: [mirror],
        stamps: new Map([[mirror.origin, stamps]]),
        subtreeCosigners: [],
        slots,
      }),
      statusOf: mirrorStatus,
      onProblem: message => expect.fail(message),
    });
    const address = await server.listen();
    const post = async (body: Uint8Array, origin = OTHER_LOG.key.name) => {
      const url = `${address}/${originHash(origin)}/entries`;
      const answer = await fetch(url, { method: 'POST', body: new Uint8Array(body) });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { status: answer.status, type: answer.headers.get('content-type'), bytes };
    };
    const log = { ...SAMPLE_RECEIPT.log, origin: mirror.origin };
    const first = await post(receipt(1, { log }));
    expect(first).toMatchObject({ status: 201, type: 'application/json' });
    expect((await read(first.bytes)).origin).toBe(mirror.origin);
    expect(await post(receipt(1, { log }))).toEqual({ ...first, status: 200 });
    expect((await post(receipt(1, { log }, STRANGER))).status).toBe(403);
    expect((await post(receipt(1))).status).toBe(400);
    expect((await post(utf8('nothing'))).status).toBe(400);
    expect((await post(new Uint8Array(70_000))).status).toBe(413);
    expect((await post(receipt(1, { log }), 'log.example/other')).status).toBe(404);
    await server.close();
  });
});

describe('handing submissions on to the log', () => {
  const WAITS = { shortest: 1, longest: 20 };

  async function serveLog(answer: (entry: Uint8Array) => { status: number }) {
    const taken: string[] = [];
    const server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: [
        {
          method: 'POST',
          path: '/log/entries',
          handle: async request => {
            const entry = await request.body(65_535);
            const { status } = answer(entry);
            if (status < 300) taken.push(digestOf(entry));
            return { status, body: '{}' };
          },
        },
      ],
      statusOf: () => undefined,
      onProblem: message => expect.fail(message),
    });
    return { url: `${await server.listen()}/log/entries`, taken, close: () => server.close() };
  }

  it('brings what waits, what comes later, and each once', async () => {
    const log = await serveLog(() => ({ status: 201 }));
    const stamps = await openStamps();
    await stamps.stamp(receipt(1));
    const forwarder = new Forwarder(stamps, log.url, message => expect.fail(message), WAITS);
    forwarder.start();
    await expect.poll(() => log.taken).toEqual([digestOf(receipt(1))]);
    await stamps.stamp(receipt(2));
    await expect.poll(() => log.taken).toEqual([1, 2].map(number => digestOf(receipt(number))));
    await expect.poll(() => stamps.waiting).toEqual([]);
    await forwarder.close();
    expect((await openStamps()).waiting).toEqual([]);
    await log.close();
  });

  it('asks again until the log takes it, past one that it always refuses, and says so once', async () => {
    let refusals = 0;
    const refused = digestOf(receipt(1));
    const log = await serveLog(entry => ({
      status: digestOf(entry) === refused || refusals++ < 3 ? 403 : 200,
    }));
    const stamps = await openStamps();
    await stamps.stamp(receipt(1));
    await stamps.stamp(receipt(2));
    const problems: string[] = [];
    const forwarder = new Forwarder(stamps, log.url, message => problems.push(message), WAITS);
    forwarder.start();
    await expect.poll(() => stamps.waiting).toEqual([refused]);
    await forwarder.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('HTTP 403');
    await log.close();
  });

  it('keeps what waits while there is no log', async () => {
    const stamps = await openStamps();
    await stamps.stamp(receipt(1));
    const problems: string[] = [];
    const forwarder = new Forwarder(
      stamps,
      'http://127.0.0.1:9/entries',
      message => problems.push(message),
      WAITS,
    );
    forwarder.start();
    await expect.poll(() => problems.length).toBe(1);
    await forwarder.close();
    expect(stamps.waiting).toHaveLength(1);
  });
});
