import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { testKey } from '../../../test/support/keys.js';
import { openTestLog, temporaryFolder } from '../../../test/support/log.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { entryIsByOneOf, entryKeys, readEntry } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { ERASURE } from '../../receipt/erasure.js';
import { RECEIPT, receiptSubject } from '../../receipt/receipt.js';
import { predicateTypeOf, readStatement, writeStatement } from '../../receipt/statement.js';
import type { FileLog } from '../log/file-log.js';
import { KeyTable } from '../vault/key-table.js';
import { SEGMENT_LIMITS, segmentFiles } from '../vault/segment.js';
import { Vault } from '../vault/vault.js';
import { ErasureWishes, STEPS, type Step } from './erasure-wishes.js';
import { Erasures } from './erasures.js';

const ISSUER = testKey('issuer.example/erasing', 7);
const ONE = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const TWO = 'aabaaaaaaaaaaaaaaaaaaaaaaa';

let folder: ReturnType<typeof temporaryFolder>;
let vault: Vault;
let log: FileLog;
let time: number;

beforeEach(async () => {
  time = 1000;
  folder = temporaryFolder();
  vault = new Vault(join(folder.path, 'vault'), new Uint8Array(32).fill(7));
  log = await openLog();
});
afterEach(async () => {
  await log.close();
  folder.remove();
});

function openLog(changes: Parameters<typeof openTestLog>[1] = {}): Promise<FileLog> {
  const accepts = (entry: Uint8Array) => entryIsByOneOf([ISSUER.key], entry);
  return openTestLog(folder.path, { keysOf: entryKeys, accepts, ...changes });
}

/** What answers for erasures from a start of the house on. A `crash` at a step is a start that ended there. */
function start({
  crash = null,
  on = log,
  onErasing = () => undefined,
}: {
  crash?: Step | null;
  on?: FileLog;
  onErasing?: (exchange: string) => void;
} = {}) {
  const wishes = new ErasureWishes({
    folder: join(folder.path, 'erasures'),
    vault,
    now: () => time,
    disk: hastyDisk,
    onStep: step => {
      if (step === crash) throw new Error(`the power went when it was ${step}`);
    },
  });
  return new Erasures({ wishes, log: on, issuer: ISSUER, onErasing });
}

const keep = (exchange: string) =>
  vault.put(exchange, {
    opening: new Uint8Array(32),
    request: utf8('Hello?'),
    response: utf8('Hello.'),
    received: null,
  });

/** Has the log hold a receipt of the exchange; resolves to its digest. */
async function logReceipt(exchange: string): Promise<string> {
  const label = keyLabel(ISSUER.key);
  const subject = receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) });
  const predicate = { ...SAMPLE_RECEIPT, issuer: label, exchange };
  const envelope = seal(writeStatement(RECEIPT, { subject, predicate }), label, ISSUER.signer);
  await log.append(envelopeBytes(envelope)).included;
  return toHex(payloadDigest(envelope));
}

/** The indexes of the erasures in the log. */
async function logged(): Promise<number[]> {
  const indexes = Array.from({ length: log.size }, (_, index) => index);
  const entries = await Promise.all(indexes.map(index => log.entry(index)));
  return indexes.filter(
    index => predicateTypeOf(readEntry(entries[index] as Uint8Array)) === ERASURE.predicateType,
  );
}

const wished = () =>
  existsSync(join(folder.path, 'erasures')) ? readdirSync(join(folder.path, 'erasures')) : [];

describe('erasing an exchange', () => {
  it('destroys its content and has the log say so, about its receipt', async () => {
    keep(ONE);
    keep(TWO);
    const receipt = await logReceipt(ONE);
    const erased = await start().erase(ONE);
    expect(erased).toEqual({ already: false, decided: 1000, exchange: ONE, receipt, index: 1 });
    expect([vault.state(ONE), vault.state(TWO)]).toEqual(['erased', 'kept']);
    const { predicate } = readStatement(ERASURE, readEntry(await log.entry(1)));
    expect(predicate).toEqual({
      decided: 1000,
      erasure: { exchange: ONE, receipt },
      issuer: keyLabel(ISSUER.key),
    });
    expect(wished()).toEqual([]);
  });

  it('tells those who have other copies first, whatever comes of it', async () => {
    keep(ONE);
    const told: [string, string][] = [];
    const erasures = start({ onErasing: exchange => told.push([exchange, vault.state(exchange)]) });
    await erasures.erase(ONE);
    expect(await reasonOfAsync(() => erasures.erase(TWO))).toBe('vault/unknown');
    expect(told).toEqual([
      [ONE, 'kept'],
      [TWO, 'unknown'],
    ]);
  });

  it('of which the log has no receipt, the entry names none', async () => {
    keep(ONE);
    expect(await start().erase(ONE)).toMatchObject({ receipt: null, index: 0 });
  });

  it('twice, or at once, makes one entry', async () => {
    keep(ONE);
    const erasures = start();
    const [first, second] = await Promise.all([erasures.erase(ONE), erasures.erase(ONE)]);
    time = 2000;
    expect(first).toMatchObject({ already: false, decided: 1000, index: 0 });
    expect(second).toEqual({ ...first, already: true });
    expect(await start().erase(ONE)).toEqual({ ...first, already: true });
    expect(log.size).toBe(1);
  });

  it.each(['', 'a', ONE, 'bbbbbbbbbbbbbbbbbbbbbbbbbb'])(
    '%j is unknown, and leaves no trace',
    async exchange => {
      await expect(start().erase(exchange)).rejects.toMatchObject({ code: 'vault/unknown' });
      expect(log.size).toBe(0);
      expect(wished()).toEqual([]);
    },
  );

  it('one that fails keeps no other from being erased', async () => {
    keep(TWO);
    const erasures = start();
    const [failed, done] = await Promise.allSettled([erasures.erase(ONE), erasures.erase(TWO)]);
    expect([failed.status, done.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('again after a backup has brought its content back, makes no second entry', async () => {
    keep(ONE);
    const files = ['keys', 'content'].map(kind => join(folder.path, 'vault', `00000000.${kind}`));
    const backup = files.map(file => readFileSync(file));
    await start().erase(ONE);
    for (const [at, file] of files.entries()) writeFileSync(file, backup[at] as Buffer);
    expect(vault.state(ONE)).toBe('kept');
    expect(await start().erase(ONE)).toMatchObject({ already: false, index: 0 });
    expect(vault.state(ONE)).toBe('erased');
    expect(log.size).toBe(1);
  });
});

describe('a crash', () => {
  it.each(STEPS)('when it was %s: the next start makes up for what is missing', async step => {
    keep(ONE);
    const receipt = await logReceipt(ONE);
    await expect(start({ crash: step }).erase(ONE)).rejects.toThrow('the power went');
    // The log never says that something was erased that is still there.
    if ((await logged()).length > 0) expect(vault.state(ONE)).toBe('erased');
    time = 9000;
    const finished = await start().finish();
    const expected = { already: false, decided: 1000, exchange: ONE, receipt, index: 1 };
    expect(finished).toEqual(step === 'forgotten' ? [] : [expected]);
    expect(vault.state(ONE)).toBe('erased');
    expect(await logged()).toEqual([1]);
    expect(wished()).toEqual([]);
    expect(await start().erase(ONE)).toEqual({ ...expected, already: true });
  });

  it.each(STEPS)('when it was %s, and no start before it is asked again', async step => {
    keep(ONE);
    await expect(start({ crash: step }).erase(ONE)).rejects.toThrow('the power went');
    time = 9000;
    expect(await start().erase(ONE)).toMatchObject({
      decided: 1000,
      index: 0,
      already: step === 'forgotten',
    });
    expect(vault.state(ONE)).toBe('erased');
    expect(log.size).toBe(1);
    expect(wished()).toEqual([]);
  });

  it('between the key and the content: both are overwritten in the end', async () => {
    keep(ONE);
    const { keys, content } = segmentFiles(join(folder.path, 'vault', '00000000'));
    const before = readFileSync(content);
    await expect(start({ crash: 'written' }).erase(ONE)).rejects.toThrow('the power went');
    const table = new KeyTable(keys, SEGMENT_LIMITS.exchanges * 2, 'r+');
    table.destroy(ONE);
    table.close();
    expect(readFileSync(content)).toEqual(before);
    expect(await start().finish()).toMatchObject([{ exchange: ONE, index: 0 }]);
    expect(readFileSync(content)).toEqual(Buffer.alloc(before.length));
  });

  it('of which the wish was lost with its folder: asked again, the log hears of it', async () => {
    keep(ONE);
    vault.erase(ONE);
    expect(await start().erase(ONE)).toMatchObject({ already: false, index: 0 });
  });

  it('in the middle of many: each is finished once', async () => {
    const many = [ONE, TWO, 'aacaaaaaaaaaaaaaaaaaaaaaaa'];
    for (const exchange of many) {
      keep(exchange);
      await expect(start({ crash: 'destroyed' }).erase(exchange)).rejects.toThrow();
    }
    expect(wished()).toHaveLength(3);
    expect((await start().finish()).map(({ exchange }) => exchange)).toEqual(many);
    expect(log.size).toBe(3);
    expect(await start().finish()).toEqual([]);
  });
});

describe('a log that cannot write', () => {
  it('does not keep content from being destroyed, and hears of it later', async () => {
    keep(ONE);
    await log.close();
    const erased = await start().erase(ONE);
    expect(erased).toEqual({ already: false, decided: 1000, exchange: ONE, receipt: null, index: null });
    expect(vault.state(ONE)).toBe('erased');
    expect(wished()).toEqual([`${ONE}.json`]);
    log = await openLog();
    expect(await start().finish()).toMatchObject([{ exchange: ONE, index: 0 }]);
    expect(wished()).toEqual([]);
  });
});

describe('what lies where wishes are written down', () => {
  beforeEach(() => mkdirSync(join(folder.path, 'erasures')));

  it.each(['', 'nothing', '{}', `{"decided":1,"exchange":"${TWO}"}`, `{"decided":1, "exchange":"${ONE}"}`])(
    'a wish that cannot be read is named: %j',
    async text => {
      keep(ONE);
      writeFileSync(join(folder.path, 'erasures', `${ONE}.json`), text);
      await expect(start().finish()).rejects.toMatchObject({ code: 'data/erasure-malformed' });
      await expect(start().erase(ONE)).rejects.toMatchObject({ code: 'data/erasure-malformed' });
      expect(vault.state(ONE)).toBe('kept');
    },
  );

  it('other files are left alone', async () => {
    for (const name of ['README', `${ONE}.json.new`, 'x.json'])
      writeFileSync(join(folder.path, 'erasures', name), 'x');
    expect(await start().finish()).toEqual([]);
    expect(wished()).toHaveLength(3);
  });
});
