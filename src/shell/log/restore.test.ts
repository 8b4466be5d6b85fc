import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestKey, testCosigner, testKey } from '../../../test/support/keys.js';
import {
  acceptsTestEntry,
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
  WITNESSES,
} from '../../../test/support/log.js';
import { equal } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosign } from '../../note/cosignature.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, signNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { bundlePath } from '../tiles/bundles.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { examineLog } from './examine.js';
import type { FileLog } from './file-log.js';
import type { CheckpointKeys } from './kept-checkpoint.js';
import { restoreLog } from './restore.js';
import { serveLog } from './serve.js';

const KEYS: CheckpointKeys = { log: LOG.key, logCosigner: null, witnesses: WITNESSES.map(({ key }) => key) };
const SIZE = 3 * 256 + 40;

/** The log as it is, served; and a backup of when it was smaller. */
const original = temporaryFolder();
const BACKUP = 300;
let mirror: FileLog;
let server: Server;
let url: string;
/** Changes what the mirror serves. */
let tamper: (path: string, body: Uint8Array) => Uint8Array = (_, body) => body;

beforeAll(async () => {
  const options = { witnesses: await openWitnesses(original.path), quorum: quorumOf(3) };
  mirror = await openTestLog(original.path, options);
  await growTo(mirror, BACKUP);
  await mirror.close();
  cpSync(join(original.path, 'log'), join(original.path, 'backup'), { recursive: true });
  mirror = await openTestLog(original.path, options);
  await growTo(mirror, SIZE);
  expect(await mirror.reached(SIZE - 1, 'witnessed', 5000)).toBe(true);
  server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1);
    const { status, body } = await serveLog(mirror, path);
    response.writeHead(status).end(tamper(path, body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await mirror.close();
  original.remove();
});

let folder: ReturnType<typeof temporaryFolder>;
const at = (path: string) => join(folder.path, 'log', path);
beforeEach(() => {
  tamper = (_, body) => body;
  folder = temporaryFolder();
  for (const witness of [0, 1, 2].map(number => `witness-${number}`))
    cpSync(join(original.path, witness), join(folder.path, witness), { recursive: true });
});
afterEach(() => folder.remove());

const restore = (quorum = quorumOf(3), keys = KEYS) =>
  restoreLog({ folder: at(''), keys, quorum, from: new RemoteLog(url) });
const flip = (path: string) => {
  const bytes = readFileSync(at(path));
  bytes[9] = (bytes[9] as number) ^ 1;
  writeFileSync(at(path), bytes);
};
async function expectWhole(size = SIZE): Promise<void> {
  const { damage } = await examineLog({ folder: at(''), keys: KEYS, accepts: acceptsTestEntry });
  // Tiles that are missing are made again at the start.
  expect(damage.filter(({ what }) => what !== 'it is missing')).toEqual([]);
  const log = await openTestLog(folder.path, {
    witnesses: await openWitnesses(folder.path),
    quorum: quorumOf(3),
  });
  expect(log.signed.size).toBe(size);
  for (const index of [0, 299, 300, SIZE - 1, size - 1])
    expect(equal(await log.entry(index), testEntry(index))).toBe(true);
  await growTo(log, size + 3);
  expect(await log.reached(size, 'witnessed', 5000)).toBe(true);
  await log.close();
  expect((await examineLog({ folder: at(''), keys: KEYS, accepts: acceptsTestEntry })).damage).toEqual([]);
}

describe('a log is brought back', () => {
  it('from an old backup, which does not start before', async () => {
    cpSync(join(original.path, 'backup'), at(''), { recursive: true });
    const open = openTestLog(folder.path, {
      witnesses: await openWitnesses(folder.path),
      quorum: quorumOf(3),
    });
    await expect(open).rejects.toMatchObject({ code: 'log/behind-witness' });
    const { size, written, removed } = await restore();
    expect([size, removed]).toEqual([SIZE, []]);
    expect(written).toEqual(['tile/entries/001', 'tile/entries/002', 'tile/entries/003', 'checkpoint']);
    await expectWhole();
  });

  it('from nothing', async () => {
    expect((await restore()).written).toHaveLength(5);
    await expectWhole();
  });

  it.each<[string, () => void, string[], string[]]>([
    ['nothing', () => undefined, [], []],
    ['a flipped entry', () => flip('tile/entries/001'), ['tile/entries/001'], []],
    ['a flipped entry at the end', () => flip('tile/entries/003'), ['tile/entries/003'], []],
    ['a flipped tile', () => flip('tile/0/001'), [], ['tile/0/001']],
    ['a flipped checkpoint', () => flip('checkpoint'), ['checkpoint'], []],
    ['a lost checkpoint', () => rmSync(at('checkpoint')), ['checkpoint'], []],
    ['a lost bundle', () => rmSync(at('tile/entries/000')), ['tile/entries/000'], []],
    ['a cut bundle', () => truncateSync(at('tile/entries/002'), 100), ['tile/entries/002'], []],
    [
      'all of it',
      () => {
        for (const path of ['tile/entries/001', 'tile/0/001', 'tile/0/000', 'checkpoint']) flip(path);
      },
      ['tile/entries/001', 'checkpoint'],
      ['tile/0/000', 'tile/0/001'],
    ],
  ])('from damage, and only what is damaged is touched: %s', async (_, damage, written, removed) => {
    cpSync(join(original.path, 'log'), at(''), { recursive: true });
    damage();
    const restored = await restore();
    expect([restored.written, restored.removed]).toEqual([written, removed]);
    await expectWhole();
  });

  it('with the entries that it has beyond what is witnessed', async () => {
    cpSync(join(original.path, 'log'), at(''), { recursive: true });
    const log = await openTestLog(folder.path);
    await growTo(log, SIZE + 7);
    await log.close();
    flip('tile/entries/003');
    expect((await restore()).written).toEqual(['tile/entries/003']);
    await expectWhole(SIZE + 7);
  });

  it('after it was broken off', async () => {
    tamper = (path, body) => (path === 'tile/entries/002' ? new Uint8Array() : body);
    await expect(restore()).rejects.toMatchObject({ code: 'peer/answer-malformed' });
    expect(existsSync(at('checkpoint'))).toBe(false);
    tamper = (_, body) => body;
    expect((await restore()).written).toEqual(['tile/entries/002', 'tile/entries/003', 'checkpoint']);
    await expectWhole();
  });
});

/** What a mirror shows: the log's line and its own. */
const MIRROR = testCosigner('mirror.example/m1', 70);
const mirrored =
  (...sign: readonly ((text: string) => NoteSignature)[]) =>
  (path: string, body: Uint8Array) => {
    if (path !== 'checkpoint') return body;
    const { text } = parseNote(body);
    return formatNote({ text, signatures: sign.map(by => by(text)) });
  };
const byLog = (text: string) => signNote(text, LOG.key, LOG.signer);
const by =
  ({ key, signer }: TestKey) =>
  (text: string) =>
    cosign(text, 1_800_000_000, key, signer);
const restoreFrom = (...mirrors: readonly TestKey[]) =>
  restoreLog({
    folder: at(''),
    keys: KEYS,
    quorum: quorumOf(3),
    mirrors: mirrors.map(({ key }) => key),
    from: new RemoteLog(url),
  });

describe('a mirror in the place of the quorum', () => {
  it.each<[string, TestKey[]]>([
    ['the one that is known', [MIRROR]],
    ['one of several', [testCosigner('mirror.example/m2', 71), MIRROR]],
  ])('is enough: %s', async (_, mirrors) => {
    tamper = mirrored(byLog, by(MIRROR));
    expect((await restoreFrom(...mirrors)).size).toBe(SIZE);
    // The log does not know the mirror, and keeps no line that it does not know.
    const { signatures } = parseNote(readFileSync(at('checkpoint')));
    expect(signatures.map(({ name }) => name)).toEqual([LOG.key.name]);
    await expectWhole();
  });

  it('does not take the place of a checkpoint that is right', async () => {
    cpSync(join(original.path, 'log'), at(''), { recursive: true });
    flip('tile/entries/001');
    const before = readFileSync(at('checkpoint'));
    tamper = mirrored(byLog, by(MIRROR));
    expect((await restoreFrom(MIRROR)).written).toEqual(['tile/entries/001']);
    expect(readFileSync(at('checkpoint'))).toEqual(before);
    await expectWhole();
  });

  it('brings back what an old backup lacks', async () => {
    cpSync(join(original.path, 'backup'), at(''), { recursive: true });
    tamper = mirrored(byLog, by(MIRROR));
    expect((await restoreFrom(MIRROR)).written).toContain('checkpoint');
    await expectWhole();
  });

  it.each<[string, string, TestKey[], ((text: string) => NoteSignature)[]]>([
    ['log/mirror-unwitnessed', 'nobody has named it', [], [byLog, by(MIRROR)]],
    [
      'log/mirror-unwitnessed',
      'another was named',
      [testCosigner('mirror.example/m1', 71)],
      [byLog, by(MIRROR)],
    ],
    ['log/mirror-unwitnessed', 'it has not cosigned', [MIRROR], [byLog, by(WITNESSES[0] as TestKey)]],
    ['checkpoint/log-signature-missing', 'the log has not signed', [MIRROR], [by(MIRROR)]],
    [
      'note/signature-invalid',
      'its cosignature is of something else',
      [MIRROR],
      [byLog, text => by(MIRROR)(`${text.slice(0, -2)}A\n`)],
    ],
    [
      'note/signature-invalid',
      "the log's signature is of something else",
      [MIRROR],
      [text => byLog(`${text}\n`), by(MIRROR)],
    ],
  ])('%s: %s', async (code, _, mirrors, signatures) => {
    tamper = mirrored(...signatures);
    await expect(restoreFrom(...mirrors)).rejects.toMatchObject({ code });
    expect(existsSync(at('tile'))).toBe(false);
  });
});

describe('log/mirror-forked: what is shown has another history than the checkpoint that is kept here', () => {
  it.each([5, 256, 300, 3 * 256 + 1, SIZE])('at %i entries', async size => {
    const log = await openTestLog(folder.path);
    await growTo(log, size - 1);
    await growTo(log, size, index => testEntry(index, 50));
    const text = formatCheckpoint(log.signed);
    await log.close();
    writeFileSync(at('checkpoint'), formatNote({ text, signatures: [byLog(text)] }));
    const before = readFileSync(at(bundlePath(Math.floor((size - 1) / 256))));
    tamper = mirrored(byLog, by(MIRROR));
    await expect(restoreFrom(MIRROR)).rejects.toMatchObject({ code: 'log/mirror-forked' });
    expect(readFileSync(at(bundlePath(Math.floor((size - 1) / 256))))).toEqual(before);
  });
});

describe('nothing is taken', () => {
  const flipped = (wanted: string, place: number) => (path: string, body: Uint8Array) => {
    if (!path.startsWith(wanted)) return body;
    const changed = new Uint8Array(body);
    changed[place] = (changed[place] as number) ^ 1;
    return changed;
  };

  it.each<[string, () => void, string]>([
    ['from a mirror whose tiles are others', () => (tamper = flipped('tile/1/', 5)), 'log/mirror-differs'],
    [
      'from a mirror whose entries are others',
      () => (tamper = flipped('tile/entries/001', 9)),
      'log/mirror-differs',
    ],
    [
      'from a mirror whose last entries are others',
      () => (tamper = flipped('tile/entries/003', 9)),
      'log/mirror-differs',
    ],
    [
      'from one that shows no checkpoint',
      () => (tamper = (path, body) => (path === 'checkpoint' ? new Uint8Array() : body)),
      'note/malformed',
    ],
    [
      'from one that shows another log’s',
      () => (tamper = flipped('checkpoint', 0)),
      'checkpoint/origin-mismatch',
    ],
    [
      'from one that shows another size',
      () => (tamper = flipped('checkpoint', LOG.key.name.length + 1)),
      'note/signature-invalid',
    ],
  ])('%s', async (_, arrange, code) => {
    arrange();
    const failure = await restore().then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).code).toBe(code);
    expect(existsSync(at('checkpoint'))).toBe(false);
  });

  it('that no quorum vouches for, or the log', async () => {
    const witnesses = KEYS.witnesses.slice(1);
    await expect(restore(quorumOf(3), { ...KEYS, witnesses })).rejects.toMatchObject({
      code: 'log/mirror-unwitnessed',
    });
    const log = testKey(LOG.key.name, 99).key;
    await expect(restore(quorumOf(3), { ...KEYS, log })).rejects.toMatchObject({
      code: 'checkpoint/log-signature-missing',
    });
  });

  it('from one that has less than is kept here', async () => {
    cpSync(join(original.path, 'log'), at(''), { recursive: true });
    const log = await openTestLog(folder.path, {
      witnesses: await openWitnesses(folder.path),
      quorum: quorumOf(3),
    });
    await growTo(log, SIZE + 1);
    await log.reached(SIZE, 'witnessed', 5000);
    await log.close();
    await expect(restore()).rejects.toMatchObject({ code: 'log/mirror-behind' });
  });
});
