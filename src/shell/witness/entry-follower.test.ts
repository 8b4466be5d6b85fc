import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, reasonOfAsync } from '../../../test/support/failure.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { BEGINNING, epochEntry, GrowingLog } from '../../../test/support/growing-log.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER, LOG, ORIGIN, STRANGER } from '../../../test/support/parties.js';
import { utf8 } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosignerOf } from '../../note/cosignature.js';
import { keyLabel } from '../../note/key.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { keyChangePayload } from '../../receipt/key-change.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { HttpServer } from '../http/server.js';
import { checkedFile } from './checked-file.js';
import { CheckedTree } from './checked-tree.js';
import { EntryFollower, type FollowerTiming } from './entry-follower.js';
import { openLocalWitness } from './local-witness.js';
import { witnessRoutes, witnessStatus } from './serve.js';

const QUICK: FollowerTiming = { patience: 2000, pause: 5, looking: 5, saving: 10_000 };
const HASTY: FollowerTiming = { ...QUICK, patience: 60 };

let folder: ReturnType<typeof temporaryFolder>;
let log: GrowingLog;
let follower: EntryFollower;
let problems: string[];
const kept = () => checkedFile(join(folder.path, 'checked'), ORIGIN, hastyDisk);
async function follow(timing = QUICK): Promise<EntryFollower> {
  follower = await EntryFollower.start({
    source: log,
    beginning: BEGINNING,
    kept: kept(),
    timing,
    onProblem: message => problems.push(message),
  });
  return follower;
}
beforeEach(() => {
  folder = temporaryFolder();
  log = new GrowingLog();
  problems = [];
});
afterEach(async () => {
  await follower.close();
  folder.remove();
});

const failure = async (size: number, of = log) => {
  try {
    await follower.confirm(of.at(size));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return failureOf(() => undefined);
};
const until = async (condition: () => boolean) => {
  for (let waited = 0; !condition() && waited < 2000; waited += 5) await sleep(5);
  expect(condition()).toBe(true);
};

describe('a witness that checks entries', () => {
  it('confirms trees whose every entry it has read, at any size', async () => {
    await follow();
    for (const size of [0, 1, 2, 255, 256, 257, 600, 600, 1024])
      await follower.confirm(log.growTo(size).at(size));
    expect(problems).toEqual([]);
  });

  it('confirms an earlier size too, while the log goes on', async () => {
    log.growTo(900);
    await follow();
    await follower.confirm(log.at(900));
    for (const size of [256, 300, 511, 512, 700]) await follower.confirm(log.at(size));
  });

  it('reads ahead of what it is asked, whole bundles alone, so that a question finds little left to do', async () => {
    log.growTo(1000);
    await follow();
    await until(() => follower.checked === 768);
    log.asked.length = 0;
    await follower.confirm(log.at(1000));
    expect(log.asked.filter(name => !name.endsWith('/256'))).toEqual(['3/232']);
    expect(log.asked.some(name => /^[0-2]\//.test(name))).toBe(false);
  });

  it('reads what the log says that it has published of the last bundle too, before anybody asks', async () => {
    log.growTo(300).published = 300;
    await follow();
    await until(() => follower.checked === 300);
    log.growTo(310).published = 310;
    await until(() => follower.checked === 310);
    log.asked.length = 0;
    await follower.confirm(log.at(310));
    expect(log.asked.filter(name => !name.endsWith('/256'))).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('a log that says that it has more than it serves makes it read no further, and its operator is told once', async () => {
    log.growTo(300).published = Number.MAX_SAFE_INTEGER;
    // Between two looks it finds several times that it is too early for one.
    await follow({ ...QUICK, pause: 2, looking: 20 });
    await until(() => log.looks > 5);
    expect(follower.checked).toBe(256);
    expect(new Set(log.asked)).toEqual(new Set(['0/256', '1/256']));
    expect(log.most).toBe(1);
    expect(problems).toHaveLength(1);
    await follower.confirm(log.at(300));
  });

  it('looks once in a while, however often the log says that it has grown', async () => {
    log.growTo(300).published = 257;
    await follow({ ...QUICK, looking: 60_000 });
    await until(() => follower.checked === 257);
    log.published = 300;
    log.asked.length = 0;
    await until(() => log.asked.length > 5);
    expect(log.looks).toBe(1);
    expect(new Set(log.asked)).toEqual(new Set(['1/256']));
  });

  it('asks for four bundles at a time when it is behind, and for each once', async () => {
    log.growTo(256 * 6);
    log.hold = sleep(30);
    await follow({ ...QUICK, patience: 20_000 });
    await follower.confirm(log.at(256 * 6));
    expect(log.most).toBe(4);
    const read = log.asked.filter(name => name !== '6/256');
    // The first was asked for before anybody had asked about it.
    expect(read.length - new Set(read).size).toBeLessThanOrEqual(1);
  });

  it('goes on past an entry that it has checked and that is not shown any more', async () => {
    log.growTo(300);
    await follow();
    await follower.confirm(log.at(300));
    log.denied.add(290);
    await follower.confirm(log.growTo(400).at(400));
    log.denied.add(405);
    log.growTo(410);
    expect((await failure(410)).detail).toMatch(/^400 of 410 checked; peer\/answer-denied/);
  });

  it('503 (entries-unchecked): not read in time; reading goes on, and a later question finds it done', async () => {
    log.growTo(300);
    const held = new AbortController();
    log.hold = new Promise(resolve => held.signal.addEventListener('abort', resolve));
    await follow(HASTY);
    const started = performance.now();
    const { code, detail } = await failure(300);
    expect([code, detail]).toEqual(['witness/entries-unchecked', '0 of 300 checked']);
    expect(performance.now() - started).toBeLessThan(1000);
    held.abort();
    await until(() => follower.checked >= 300);
    await follower.confirm(log.at(300));
  });

  it('503 (entries-unchecked): the log does not serve what it has signed; the operator is told once', async () => {
    log.growTo(300);
    await follow(HASTY);
    const larger = new GrowingLog().growTo(301);
    expect((await failure(301, larger)).code).toBe('witness/entries-unchecked');
    expect((await failure(301, larger)).detail).toMatch(/^256 of 301 checked; peer\/answer-missing/);
    expect(problems).toHaveLength(1);
    log.growTo(301);
    await until(() => follower.checked === 301);
    await follower.confirm(log.at(301));
  });

  it.each<[string, () => Uint8Array, string]>([
    ['no entry at all', () => utf8('hello'), 'json/malformed'],
    ['an entry by a stranger', () => epochEntry(300, STRANGER), 'envelope/issuer-unknown'],
    [
      'a type that nobody knows',
      () => envelopeBytes(seal(utf8('{"predicateType":"x"}'), keyLabel(ISSUER.key), ISSUER.signer)),
      'entry/type-unknown',
    ],
  ])(
    '422 (entry-refused): %s, at its index, and every tree without it is still confirmed',
    async (_, bad, why) => {
      log.growTo(300).entries.push(bad());
      log.growTo(400);
      await follow();
      await follower.confirm(log.at(299));
      for (let time = 0; time < 2; time++) {
        const { code, field, detail } = await failure(400);
        expect([code, field, detail]).toEqual(['witness/entry-refused', 'entry 300', why]);
      }
      await follower.confirm(log.at(300));
      expect((await failure(301)).code).toBe('witness/entry-refused');
      expect(problems[0]).toContain('entry 300 is refused');
    },
  );

  it('what was refused is read again when it is asked again: it may not have been what the log has signed', async () => {
    log.growTo(400).spoilt.set(300, utf8('damaged'));
    await follow();
    expect((await failure(400)).code).toBe('witness/entry-refused');
    log.spoilt.clear();
    await follower.confirm(log.at(400));
  });

  it('422 (entries-mismatch): entries that make another root; once they are right, it goes on from what it had confirmed', async () => {
    log.growTo(300);
    await follow();
    await follower.confirm(log.at(300));
    log.growTo(600).spoilt.set(500, epochEntry(1));
    expect((await failure(600)).code).toBe('witness/entries-mismatch');
    expect((await failure(600)).code).toBe('witness/entries-mismatch');
    log.spoilt.clear();
    log.asked.length = 0;
    await follower.confirm(log.at(600));
    expect(log.asked.some(name => name.startsWith('0/'))).toBe(false);
  });

  it('keeps up with a log that grows all the time and asks every round', async () => {
    await follow();
    for (let size = 150; size <= 1500; size += 150) {
      await follower.confirm(log.growTo(size).at(size));
      await sleep(2);
    }
    expect(log.asked.filter(name => name === '0/256').length).toBeLessThan(60);
  });

  it('a key change among the entries counts from there on, after a restart too', async () => {
    const heir = testKey(ISSUER.key.name, 77);
    const label = keyLabel(ISSUER.key);
    const rotation = keyChangePayload(
      {
        action: 'rotate',
        role: 'issuer',
        origin: ORIGIN,
        sequence: 0,
        previous: null,
        key: ISSUER.key,
        successor: heir.key,
        from: null,
        signer: label,
        time: 1,
      },
      { key: ISSUER.signer, successor: heir.signer },
    );
    log.growTo(10).entries.push(envelopeBytes(seal(rotation, label, ISSUER.signer)));
    for (let index = 11; index < 20; index++) log.entries.push(epochEntry(index, heir));
    await follow();
    await follower.confirm(log.at(20));
    await follower.close();
    await follow();
    expect(follower.checked).toBe(20);
    log.entries.push(epochEntry(20, heir));
    await follower.confirm(log.at(21));
    log.growTo(22);
    expect((await failure(22)).detail).toBe('envelope/issuer-unknown');
  });
});

describe('what is kept of it', () => {
  const path = () => join(folder.path, 'checked');

  it('a restart goes on where it was', async () => {
    log.growTo(300);
    await follow();
    await follower.confirm(log.at(300));
    await follower.close();
    log.asked.length = 0;
    log.growTo(400);
    await follow();
    await follower.confirm(log.at(400));
    expect(log.asked.some(name => /^0\//.test(name))).toBe(false);
  });

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['of another log', text => text.replace(ORIGIN, 'log.example/other')],
    ['of another size', text => text.replace('\n300\n', '\n301\n')],
    ['of an impossible size', text => text.replace('\n300\n', '\n0300\n')],
    ['cut', text => text.slice(0, -10)],
    ['with a hash too many', text => `${text}${text.split('\n')[3]}\n`],
    ['with a key change that is none', text => `${text}change 5 AAAA\n`],
  ])('a file that is %s costs reading again, and nothing else', async (_, change) => {
    log.growTo(300);
    await follow();
    await follower.confirm(log.at(300));
    await follower.close();
    const text = readFileSync(path(), 'utf8');
    expect(change(text)).not.toBe(text);
    writeFileSync(path(), change(text));
    await follow();
    expect(follower.checked).toBe(0);
    await follower.confirm(log.at(300));
  });

  it('a wrong edge leads to no confirmation, and then to reading again from the first entry', async () => {
    log.growTo(300);
    await kept().write({ tree: frontier(300, 1), changes: [] });
    await follow();
    expect((await failure(300)).code).toBe('witness/entries-mismatch');
    await until(() => follower.checked === 300);
    await follower.confirm(log.at(300));
  });

  it('a disk that cannot keep it is told of, and costs no confirmation', async () => {
    mkdirSync(`${path()}.new`);
    log.growTo(300);
    await follow({ ...QUICK, saving: 10 });
    await follower.confirm(log.at(300));
    await until(() => problems.length > 0);
    expect(problems[0]).toContain('could not be kept');
  });

  it('closing does not wait for a log that is silent', async () => {
    log.hold = new Promise(() => undefined);
    log.growTo(300);
    await follow();
    const asked = reasonOfAsync(() => follower.confirm(log.at(300)));
    await sleep(10);
    const started = performance.now();
    await follower.close();
    expect(performance.now() - started).toBeLessThan(500);
    expect(await asked).toBe('witness/entries-unchecked');
  });
});

function frontier(size: number, first: number): Frontier {
  const tree = new Frontier();
  for (let index = 0; index < size; index++) tree.push(leafHash(epochEntry(index + first)));
  return tree;
}

describe('the tree of what was checked', () => {
  it('has the root of every size of its recent past, and forgets what is long ago', async () => {
    await follow();
    const size = 20 * 256;
    const recent = [0, 1, 255, 256, 257, 1000, 7 * 256].map(back => size - back);
    const tree = new CheckedTree(new Frontier(), 8);
    const reference = new Frontier();
    const roots = new Map<number, Uint8Array>();
    for (let index = 0; index < size; index++) {
      const leaf = new Uint8Array(32).fill(index).fill(index >> 8, 16);
      tree.push(leaf);
      reference.push(leaf);
      if (recent.includes(index + 1)) roots.set(index + 1, reference.root());
    }
    for (const known of recent) expect(tree.at(known)?.root()).toEqual(roots.get(known));
    expect(tree.at(5)).toBeNull();
    expect(tree.at(size + 1)).toBeNull();
  });
});

describe('over HTTP', () => {
  it('200 for what it has checked, 422 with the entry’s index, 503 to be asked again', async () => {
    await follow({ ...QUICK, patience: 300 });
    const { key, signer } = testCosigner('witness.example/checker', 9);
    const witness = await openLocalWitness({
      folder: join(folder.path, 'state'),
      cosigners: [cosignerOf(key, signer)],
      logs: [LOG.key],
      now: Date.now,
      check: follower,
    });
    const routes = witnessRoutes(witness, 'entries-checked');
    const onProblem = (message: string) => problems.push(message);
    const server = new HttpServer({ host: '127.0.0.1', port: 0, routes, statusOf: witnessStatus, onProblem });
    const address = await server.listen();
    const post = async (size: number) => {
      const text = formatCheckpoint(log.at(size));
      const note = formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] });
      return fetch(`${address}/add-checkpoint`, {
        method: 'POST',
        body: `old 0\n\n${new TextDecoder().decode(note)}`,
      });
    };
    log.growTo(10).entries.push(utf8('hello'));
    const refused = await post(11);
    expect([refused.status, refused.headers.get('countersign-reason')]).toEqual([
      422,
      'witness/entry-refused',
    ]);
    expect(await refused.text()).toContain('(entry 10)');
    log.hold = new Promise(() => undefined);
    log.entries.length = 10;
    log.growTo(30);
    const waiting = await post(30);
    expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, '1']);
    expect(witness.cosigned(ORIGIN)).toBeNull();
    expect((await post(10)).status).toBe(200);
    expect(await (await fetch(`${address}/statement`)).text()).toContain('entries-checked');
    await server.close();
  });
});
