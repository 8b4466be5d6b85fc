import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestLog, temporaryFolder } from '../../../test/support/log.js';
import { toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { KEY_TYPE, keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { receiptKeys } from '../../receipt/entry.js';
import { envelopeIsSignedBy, parseEnvelope } from '../../receipt/envelope.js';
import type { ReceiptPayload, Sealed, Sealer } from '../../receipt/sealer.js';
import { nodeDisk } from '../files/disk.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';
import type { FileLog } from '../log/file-log.js';
import { frame, unframe } from './content-frame.js';
import { DirectSealer } from './direct-sealer.js';
import { fulfil, OrderSealer } from './order-sealer.js';
import { Vault } from './vault.js';

const VAULT_KEY = new Uint8Array(32).fill(7);
const OPENING = new Uint8Array(32).fill(9);

let folder: ReturnType<typeof temporaryFolder>;
let issuer: SigningKey;
let vault: Vault;
let log: FileLog;
let sealers: Record<'at once' | 'by orders', Sealer>;
let ordering: OrderSealer;

beforeEach(async () => {
  folder = temporaryFolder();
  issuer = await openSigningKey(join(folder.path, 'issuer.key'), 'example.org/log/issuer', KEY_TYPE.ed25519);
  vault = new Vault(join(folder.path, 'vault'), VAULT_KEY);
  log = await openTestLog(folder.path, { disk: nodeDisk, accepts: () => true });
  const direct = new DirectSealer({ label: keyLabel(issuer.key), signer: issuer.signer, vault, log });
  // What another thread would do is done here, but as late.
  ordering = new OrderSealer(order => {
    setImmediate(() => {
      const { report, failure } = fulfil(structuredClone(order, { transfer: [order.buffer] }), direct);
      ordering.take(report);
      if (failure === null) return;
      vault.close();
      ordering.fail(failure);
    });
  });
  sealers = { 'at once': direct, 'by orders': ordering };
});

afterEach(async () => {
  await log.close();
  vault.close();
  folder.remove();
});

const KINDS = ['at once', 'by orders'] as const;
const id = (number: number) => toBase32(new Uint8Array(16).fill(number + 1));
const content = (request: string, response: string | null = null): ExchangeContent => ({
  opening: OPENING,
  request: utf8(request),
  response: response === null ? null : utf8(response),
  received: null,
});

const payload = (number: number): ReceiptPayload => {
  const statement = utf8(`{"n":${number}}`);
  return { statement, digest: sha256(statement) };
};

/** Has a sealer seal these one after another, without waiting; resolves to what came of each, in the order in which it came. */
function sealAll(sealer: Sealer, requests: readonly string[], first = 0): Promise<(Sealed | Failure)[]> {
  return new Promise(resolve => {
    const results: (Sealed | Failure)[] = [];
    for (const [at, request] of requests.entries()) {
      sealer.seal(id(first + at), payload(first + at), content(request), result => {
        results.push(result);
        if (results.length === requests.length) resolve(results);
      });
    }
  });
}

const statement = (result: Sealed | Failure) =>
  result instanceof Failure ? result.code : Buffer.from(parseEnvelope(result.entry).payload).toString();

describe.each(KINDS)('a sealer that works %s', kind => {
  it('signs what it is given, and keeps the content', async () => {
    const [sealed] = await sealAll(sealers[kind], ['Hello?']);
    const envelope = parseEnvelope((sealed as Sealed).entry);
    expect(Buffer.from(envelope.payload).toString()).toBe('{"n":0}');
    expect(envelope.keyId).toBe(keyLabel(issuer.key));
    expect(await envelopeIsSignedBy(envelope, issuer.key.publicKey)).toBe(true);
    expect(Buffer.from(vault.get(id(0)).request).toString()).toBe('Hello?');
  });

  it('has the log keep the envelope, under the keys of a receipt', async () => {
    const [sealed] = await sealAll(sealers[kind], ['Hello?']);
    expect((sealed as Sealed).index).toBe(0);
    for (const key of receiptKeys(payload(0).digest, id(0))) expect(await log.find(key)).toBe(0);
    expect(await log.entry(0)).toEqual((sealed as Sealed).entry);
    expect(await log.reached(0, 'included', 5000)).toBe(true);
  });

  it('signs what nothing is to be kept of', async () => {
    const entry = await new Promise<Uint8Array>(resolve => sealers[kind].sign(utf8('{"a":1}'), resolve));
    const envelope = parseEnvelope(entry);
    expect(Buffer.from(envelope.payload).toString()).toBe('{"a":1}');
    expect(await envelopeIsSignedBy(envelope, issuer.key.publicKey)).toBe(true);
    expect(readdirSync(folder.path)).not.toContain('vault');
    expect(log.append(utf8('the first')).index).toBe(0);
  });

  it('is done in the order in which it was asked', async () => {
    const requests = Array.from({ length: 50 }, (_, at) => `request ${at}`);
    const results = await sealAll(sealers[kind], requests);
    expect(results.map(statement)).toEqual(requests.map((_, at) => `{"n":${at}}`));
    for (const [at, request] of requests.entries())
      expect(Buffer.from(vault.get(id(at)).request).toString()).toBe(request);
  });

  it('takes large contents', async () => {
    const [entry] = await sealAll(sealers[kind], ['x'.repeat(5_000_000)]);
    expect(statement(entry as Sealed)).toBe('{"n":0}');
    expect(vault.get(id(0)).request).toHaveLength(5_000_000);
  });

  it('takes many large contents at once, in order', async () => {
    const requests = Array.from({ length: 6 }, (_, at) => String(at).repeat(700_000));
    expect((await sealAll(sealers[kind], requests)).map(statement)).toEqual(
      requests.map((_, at) => `{"n":${at}}`),
    );
    for (const [at, request] of requests.entries())
      expect(Buffer.from(vault.get(id(at)).request).equals(Buffer.from(request))).toBe(true);
  });

  it('says what keeps it from keeping', async () => {
    writeFileSync(join(folder.path, 'vault'), 'a file where a folder belongs');
    expect((await sealAll(sealers[kind], ['Hello?'])).map(statement)).toEqual(['vault/unavailable']);
    expect(log.append(utf8('the first')).index).toBe(0);
  });

  it('says so when the log takes nothing any more', async () => {
    await log.close();
    expect((await sealAll(sealers[kind], ['Hello?'])).map(statement)).toEqual(['log/unavailable']);
  });
});

describe('a sealer that orders', () => {
  it('fails all that wait when one fails, and goes on afterwards', async () => {
    expect((await sealAll(ordering, ['first'])).map(statement)).toEqual(['{"n":0}']);
    // The second has the id of the first, which the vault refuses.
    const results = await new Promise<string[]>(resolve => {
      const told: string[] = [];
      for (const number of [1, 0, 2, 3])
        ordering.seal(id(number), payload(number), content(`${number}`), result => {
          told.push(statement(result));
          if (told.length === 4) resolve(told);
        });
    });
    expect(results).toEqual(['{"n":1}', 'vault/unavailable', 'vault/unavailable', 'vault/unavailable']);
    expect((await sealAll(ordering, ['more', 'and more'], 4)).map(statement)).toEqual(['{"n":4}', '{"n":5}']);
    expect(Buffer.from(vault.get(id(0)).request).toString()).toBe('first');
    expect(Buffer.from(vault.get(id(5)).request).toString()).toBe('and more');
  });

  it('fails what it has not ordered when it is ended, and whatever comes later', async () => {
    const waiting = sealAll(ordering, ['one', 'two']);
    ordering.end(new Failure('log/unavailable'));
    expect((await waiting).map(statement)).toEqual(['log/unavailable', 'log/unavailable']);
    expect((await sealAll(ordering, ['three'])).map(statement)).toEqual(['log/unavailable']);
    expect(readdirSync(folder.path)).not.toContain('vault');
  });
});

describe('framed content', () => {
  it('reads back as it was, wherever in memory it stands', () => {
    const bytes = fc.uint8Array({ maxLength: 100 });
    const contents = fc.record({
      opening: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      request: bytes,
      response: fc.option(bytes),
      received: fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 })),
    });
    fc.assert(
      fc.property(contents, fc.nat({ max: 10 }), (given, offset) => {
        const framed = frame(given);
        const memory = new Uint8Array(offset + framed.length);
        memory.set(framed, offset);
        expect(unframe(memory.subarray(offset))).toEqual(given);
      }),
    );
  });
});
