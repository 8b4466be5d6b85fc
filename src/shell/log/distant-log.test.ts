import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { faultyDisk } from '../../../test/support/faulty-disk.js';
import {
  growTo,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
  testKeysOf,
} from '../../../test/support/log.js';
import { DistantLog } from './distant-log.js';
import type { FileLog } from './file-log.js';
import type { LogAnswer, LogState, NumberedCall } from './log-calls.js';
import { changesOf, LogDesk, stateOf } from './log-desk.js';
import type { LogOptions } from './open-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let distant: DistantLog;
/** What the distant log has been told of the other, without being asked. */
let told: Partial<LogState>[];
const channels: MessageChannel[] = [];

/** A log, and what is seen of it through a channel on which only what can be cloned passes. */
async function open(options: Partial<LogOptions> = {}): Promise<void> {
  const { port1: near, port2: far } = new MessageChannel();
  channels.push({ port1: near, port2: far } as MessageChannel);
  let last: LogState | null = null;
  log = await openTestLog(folder.path, {
    ...options,
    onChange: () => {
      if (last === null) return;
      const changes = changesOf(last, stateOf(log));
      last = stateOf(log);
      if (changes !== null) far.postMessage({ changes });
    },
  });
  last = stateOf(log);
  const desk = new LogDesk(log, answers => far.postMessage({ answers }));
  far.on('message', (calls: NumberedCall[]) => desk.take(calls));
  distant = new DistantLog(log.origin, structuredClone(last), calls => near.postMessage(calls));
  near.on('message', (message: { answers: LogAnswer[] } | { changes: Partial<LogState> }) => {
    if ('answers' in message) distant.take(message.answers);
    else {
      told.push(message.changes);
      distant.update(message.changes);
    }
  });
}

beforeEach(() => {
  folder = temporaryFolder();
  told = [];
});

afterEach(async () => {
  await log.close();
  for (const { port1 } of channels.splice(0)) port1.close();
  folder.remove();
});

describe('a log in another thread', () => {
  it('gives entries their places in the order in which they are given, and finds them', async () => {
    await open();
    const entries = Array.from({ length: 40 }, (_, at) => testEntry(at));
    const places = await Promise.all(entries.map(entry => distant.include(entry)));
    expect(places).toEqual(entries.map((_, at) => at));
    for (const [at, entry] of entries.entries()) {
      expect(await distant.entry(at)).toEqual(entry);
      for (const key of testKeysOf(entry)) expect(await distant.find(key)).toBe(at);
    }
    expect(await distant.find(new Uint8Array(16))).toBeNull();
    expect(await distant.reached(39, 'included', 5000)).toBe(true);
    expect(distant.size).toBe(40);
  });

  it('files an entry under the keys that it is given', async () => {
    await open();
    const key = new Uint8Array(16).fill(5);
    expect(await distant.include(testEntry(0), [key])).toBe(0);
    expect(await distant.find(key)).toBe(0);
    expect(await distant.find(testKeysOf(testEntry(0))[0] as Uint8Array)).toBeNull();
  });

  it('takes along no more memory than what it says', async () => {
    await open();
    const large = new Uint8Array(1 << 20);
    large.set(testEntry(0), 100);
    const entry = large.subarray(100, 100 + testEntry(0).length);
    await distant.include(entry);
    expect((await distant.entry(0)).buffer.byteLength).toBe(entry.length);
  });

  it('proves and shows what the log itself proves and shows', async () => {
    await open({ witnesses: await openWitnesses(folder.path), quorum: quorumOf(2) });
    await growTo(log, 300);
    expect(await distant.reached(299, 'witnessed', 5000)).toBe(true);
    expect(distant.witnessed).toEqual(log.witnessed);
    expect(distant.checkpointNote).toEqual(log.checkpointNote);
    expect(distant.origin).toBe(log.origin);
    expect(await distant.prove(7)).toBe(await log.prove(7));
    expect(await distant.proveCose(7)).toEqual(await log.proveCose(7));
    for (const name of [
      { level: 'entries', index: 0, width: 256 },
      { level: 0, index: 1, width: 44 },
    ] as const)
      expect(await distant.tile(name)).toEqual(await log.tile(name));
    expect(await distant.tile({ level: 0, index: 2, width: 256 })).toBeNull();
    expect(await distant.prove(300)).toBeNull();
  });

  it('says no more of how far it is than what has changed', async () => {
    await open({ witnesses: await openWitnesses(folder.path), quorum: quorumOf(2) });
    await growTo(log, 3);
    expect(await distant.reached(2, 'witnessed', 5000)).toBe(true);
    const sizes = told.filter(changes => 'size' in changes);
    expect(sizes.length).toBeGreaterThan(0);
    for (const changes of sizes)
      if (!('witnessed' in changes)) expect(Object.keys(changes)).toEqual(['size']);
  });

  it('passes on what it throws', async () => {
    await open();
    expect(await reasonOfAsync(() => distant.entry(0))).toBe('tree/index-out-of-range');
    expect(await reasonOfAsync(() => distant.include(new Uint8Array(65_536)))).toBe('log/entry-too-large');
    await expect(distant.include(new Uint8Array())).rejects.toThrow('an entry is never empty');
  });

  it('takes nothing more when the disk has failed, and nobody waits on', async () => {
    const disk = faultyDisk();
    await open({ disk });
    disk.failAt(disk.count, 'dead');
    const waiting = distant.reached(0, 'included', 60_000);
    expect(await reasonOfAsync(() => distant.include(testEntry(0)))).toBe('log/unavailable');
    expect(await waiting).toBe(false);
    expect(distant.writable).toBe(false);
    expect(await distant.reached(0, 'included', 60_000)).toBe(false);
  });

  it('gives up waiting after a time, and when it is told to', async () => {
    await open();
    expect(await distant.reached(0, 'included', 5)).toBe(false);
    expect(await distant.reached(0, 'witnessed', 60_000, AbortSignal.timeout(5))).toBe(false);
    expect(distant.writable).toBe(true);
  });

  it('answers nothing any more when its thread has ended', async () => {
    await open();
    await distant.include(testEntry(0));
    expect(await distant.reached(0, 'included', 5000)).toBe(true);
    const asked = distant.entry(0).catch(error => error);
    const waiting = [distant.reached(0, 'witnessed', 60_000), distant.reached(1, 'included', 60_000)];
    distant.end('its thread ended');
    expect(await asked).toMatchObject({ code: 'log/unavailable', detail: 'its thread ended' });
    expect(await Promise.all(waiting)).toEqual([false, false]);
    expect(distant.writable).toBe(false);
    expect(await reasonOfAsync(() => distant.find(new Uint8Array(16)))).toBe('log/unavailable');
  });
});
