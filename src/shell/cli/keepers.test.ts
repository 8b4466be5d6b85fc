import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { OPENING, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { exchangeKey } from '../../receipt/entry.js';
import { envelopeIsSignedBy, parseEnvelope } from '../../receipt/envelope.js';
import { RECEIPT, receiptSubject } from '../../receipt/receipt.js';
import type { Sealed } from '../../receipt/sealer.js';
import { writeStatement } from '../../receipt/statement.js';
import { Vault } from '../vault/vault.js';
import { type DataFolder, dataFolder } from './data-folder.js';
import type { ShownLog } from './house-front.js';
import type { Keeper, KeeperOptions } from './keeper.js';
import { openKeeperHere } from './open-keeper.js';
import { openThreadKeeper } from './thread-keeper.js';

let temporary: ReturnType<typeof temporaryFolder>;
let folder: DataFolder;
let shown: (ShownLog | null)[];
let problems: string[];
let keeper: Keeper | null;

beforeEach(() => {
  temporary = temporaryFolder();
  folder = dataFolder(temporary.path);
  mkdirSync(folder.keys, { recursive: true });
  shown = [];
  problems = [];
  keeper = null;
});

afterEach(async () => {
  await keeper?.close();
  temporary.remove();
});

const KINDS = {
  'that works at once': openKeeperHere,
  'that works in a thread': openThreadKeeper,
  'of which a thread dies': options => openThreadKeeper(options, DYING),
} satisfies Record<string, (options: KeeperOptions) => Promise<Keeper>>;
const DYING = new URL('../../../test/support/dying-keeper.mjs', import.meta.url);

async function open(kind: keyof typeof KINDS): Promise<Keeper> {
  keeper = await KINDS[kind]({
    folder,
    operator: 'an operator',
    onProblem: problem => problems.push(problem),
    onReadable: readable => shown.push(readable),
  });
  return keeper;
}

const id = (number: number) => toBase32(new Uint8Array(16).fill(number));
const CONTENT = { opening: OPENING, request: utf8('Hello?'), response: utf8('Hi.'), received: null };

/** Has the end of an exchange sealed. `padding`: bytes that the statement has too many. */
function seal({ sealer }: Keeper, exchange: string, padding = 0, told = () => {}): Promise<Sealed | Failure> {
  const statement = utf8(
    `${Buffer.from(writeStatement(RECEIPT, { subject: receiptSubject('ab'.repeat(32), null), predicate: { ...SAMPLE_RECEIPT, exchange } })).toString()}${' '.repeat(padding)}`,
  );
  return new Promise(resolve =>
    sealer.seal(exchange, { statement, digest: sha256(statement) }, CONTENT, result => {
      told();
      resolve(result);
    }),
  );
}

describe.each(['that works at once', 'that works in a thread'] as const)('a keeper %s', kind => {
  it('opens a house’s log, and shows it before it is open, until it is closed', async () => {
    const { log, keys, issuers, mustBeWitnessed } = await open(kind);
    expect(shown.map(one => one?.log)).toEqual([log]);
    expect(log.origin).toBe(keys.log.key.name);
    expect(issuers.map(keyLabel)).toEqual([keyLabel(keys.issuer.key)]);
    expect(mustBeWitnessed).toBe(0);
    // The key that undoes a theft is named before all else.
    expect(log.size).toBe(1);
    await keeper?.close();
    keeper = null;
    expect(shown.at(-1)).toBeNull();
    expect(await reasonOfAsync(() => log.include(utf8('{}')))).toBe('log/unavailable');
    expect(problems).toEqual([]);
  });

  it('keeps the content of an exchange, and its receipt in the log, where witnesses cosign it', async () => {
    const opened = await open(kind);
    const { log, keys } = opened;
    const { entry, index } = (await seal(opened, id(1))) as Sealed;
    expect(await envelopeIsSignedBy(parseEnvelope(entry), keys.issuer.key.publicKey)).toBe(true);
    expect(await log.find(exchangeKey(id(1)) as Uint8Array)).toBe(index);
    expect(await log.entry(index)).toEqual(entry);
    expect(await log.reached(index, 'witnessed', 10_000)).toBe(true);
    expect(await log.prove(index)).toContain(log.origin);
    const vault = new Vault(folder.vault, keys.vaultKey);
    expect(Buffer.from(vault.get(id(1)).request)).toEqual(Buffer.from(CONTENT.request));
    vault.close();
  });

  it('has everything again when it is opened again', async () => {
    const { entry, index } = (await seal(await open(kind), id(2))) as Sealed;
    await keeper?.close();
    const { log } = await open(kind);
    expect(await log.find(exchangeKey(id(2)) as Uint8Array)).toBe(index);
    expect(await log.entry(index)).toEqual(entry);
  });

  it('refuses one exchange that it cannot keep, and goes on', async () => {
    const opened = await open(kind);
    await seal(opened, id(3));
    expect(await seal(opened, id(3))).toMatchObject({ code: 'vault/unavailable' });
    expect(await seal(opened, id(4), 60_000)).toMatchObject({ code: 'log/entry-too-large' });
    expect(await seal(opened, id(5))).toMatchObject({ index: 2 });
    expect(opened.log.writable).toBe(true);
    expect(await opened.log.find(exchangeKey(id(4)) as Uint8Array)).toBeNull();
  });

  it('is not opened over keys that are none', async () => {
    writeFileSync(join(folder.keys, 'issuer.key'), 'not a key', { mode: 0o600 });
    expect(await reasonOfAsync(() => open(kind))).toBe('data/key-malformed');
    expect(shown).toEqual([]);
  });
});

describe('a keeper whose thread dies', () => {
  it('fails what it was given, says so, and keeps nothing any more', async () => {
    const opened = await open('of which a thread dies');
    const waiting = opened.log.reached(3, 'included', 60_000);
    const found = opened.log.find(new Uint8Array(16)).catch(error => error);
    const writable: boolean[] = [];
    const sealing = seal(opened, id(1), 0, () => {
      writable.push(opened.log.writable);
    });
    const sealed = await sealing;
    expect(sealed).toMatchObject({ code: 'log/unavailable', detail: 'it dies' });
    // An epoch must not be closed as complete over a log of which nobody knows what it holds.
    expect(writable).toEqual([false]);
    expect(await found).toMatchObject({ code: 'log/unavailable', detail: 'it dies' });
    expect(await waiting).toBe(false);
    expect(opened.log.writable).toBe(false);
    expect(await seal(opened, id(2))).toBeInstanceOf(Failure);
    expect(problems).toEqual([expect.stringContaining('it dies')]);
  });
});
