import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Accepted,
  BookedIssuer,
  closingsIn,
  openBook,
  type TestBook,
} from '../../../../test/support/epochs.js';
import { MemoryLog } from '../../../../test/support/memory-log.js';
import { ISSUER, identifier } from '../../../../test/support/monitored.js';
import { toHex } from '../../../bytes/hex.js';
import { readNumbered } from '../../../court/misbehaviour/receipt-fork.js';
import { compareWithClosing, heldFacts } from '../../../court/misbehaviour/receipt-withheld.js';
import { checkClosing } from '../../../receipt/closing.js';
import type { ClosingLeaf } from '../../../receipt/closing-leaf.js';
import { provenLeaf } from '../../../receipt/closing-proof.js';
import { checkEntry } from '../../../receipt/entry-rules.js';
import { type Envelope, envelopeBytes, payloadDigest } from '../../../receipt/envelope.js';
import type { Held } from './horizon.js';
import { KeptClosing } from './kept-closing.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-epochs-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function openIssuer(log: MemoryLog, change: Partial<TestBook> = {}) {
  const time = { now: 1_000_000 };
  const now = () => time.now;
  const book = await openBook({ folder, log: log.asLog, now, ...change });
  const issuer = new BookedIssuer(book, log.asLog, now);
  const epoch = issuer.begin();
  return { book, issuer, time, epoch };
}

/** What the closing of an epoch says of a number, by its proof. */
async function leafOf(epoch: string, client: string, counter: number): Promise<ClosingLeaf | null> {
  const kept = (await KeptClosing.open(folder, epoch)) as KeptClosing;
  return provenLeaf(kept.closing, client, counter, await kept.prove(client, counter));
}

const digestOf = (envelope: Envelope) => toHex(payloadDigest(envelope));
const files = () => readdirSync(folder).map(name => name.slice(name.indexOf('.')));
const CLOSED = ['.clients', '.hashes', '.json', '.leaves'];

describe('the closing of an epoch', () => {
  it('is logged when the book is closed, with every number and its receipt', async () => {
    const log = new MemoryLog([], true);
    const { book, issuer, epoch } = await openIssuer(log);
    const receipts = Array.from({ length: 600 }, (_, at) => issuer.answer(`client ${at % 3}`));
    await book.close();
    const [{ closing, envelope }, ...others] = (await closingsIn(log.asLog)) as [never];
    expect(others).toEqual([]);
    expect(closing).toMatchObject({
      ending: 'complete',
      epoch,
      leaves: { count: 600 },
      clients: { count: 3 },
    });
    await checkEntry(envelopeBytes(envelope), [ISSUER.key]);
    expect(files().sort()).toEqual(CLOSED);
    for (const at of [0, 1, 2, 300, 599])
      expect(await leafOf(epoch, identifier(`client ${at % 3}`), 1 + Math.floor(at / 3))).toMatchObject({
        receipt: digestOf(receipts[at] as Envelope),
        status: 'completed',
      });
    expect(await leafOf(epoch, identifier('client 0'), 201)).toBeNull();
    expect(await leafOf(epoch, identifier('client 4'), 1)).toBeNull();
  });

  it('waits for the exchanges that still run, and a new epoch does not wait', async () => {
    const log = new MemoryLog([], true);
    const { book, issuer, epoch } = await openIssuer(log);
    const { run } = issuer;
    const running = issuer.accept('a');
    issuer.begin();
    issuer.answer('a');
    await turn();
    expect(await closingsIn(log.asLog)).toEqual([]);
    const late = issuer.seal(running, {}, run);
    late.log();
    await expect.poll(() => KeptClosing.open(folder, epoch)).not.toBeNull();
    expect(await leafOf(epoch, running.client, 1)).toMatchObject({ receipt: digestOf(late.envelope) });
    await book.close();
    expect(await closingsIn(log.asLog)).toHaveLength(2);
  });

  it('says of what runs too long that it is open, and of what has no receipt that there is none', async () => {
    const log = new MemoryLog([], true);
    const { book, issuer, epoch, time } = await openIssuer(log, { patience: 20 });
    const { run } = issuer;
    const [running, unkept] = [issuer.accept('a'), issuer.accept('a')];
    run.unkept(unkept.client, unkept.counter, null);
    issuer.begin();
    await expect.poll(() => KeptClosing.open(folder, epoch)).not.toBeNull();
    expect((await leafOf(epoch, running.client, 1))?.status).toBe('open');
    expect((await leafOf(epoch, running.client, 2))?.status).toBe('unkept');
    time.now++;
    const late = issuer.seal(running, {}, run);
    late.log();
    const { closing } = (await KeptClosing.open(folder, epoch)) as KeptClosing;
    const held = readNumbered(late.envelope);
    expect(compareWithClosing(closing, heldFacts(held), { receipt: null })).toBe('loss-stated');
    await book.close();
  });

  it('is not made by a process whose log or journal has failed, but by the next', async () => {
    const problems: string[] = [];
    const log = new MemoryLog([], true);
    const { book, issuer, epoch } = await openIssuer(log, { onProblem: message => problems.push(message) });
    issuer.answer('a');
    Object.assign(log, { writable: false });
    await book.close();
    expect(problems).toEqual([expect.stringContaining('log/unavailable')]);
    expect(await closingsIn(log.asLog)).toEqual([]);
    const after = log.remains(false);
    const next = await openBook({ folder, log: after.asLog, now: () => 7 });
    await next.recover();
    expect((await leafOf(epoch, identifier('a'), 1))?.status).toBe('completed');
    expect((await closingsIn(after.asLog))[0]?.closing.ending).toBe('cut-off');
    await next.close();
  });
});

describe('after a crash', () => {
  async function recovered(log: MemoryLog, change: Partial<TestBook> = {}) {
    const book = await openBook({ folder, log: log.asLog, now: () => 2_000_000, ...change });
    await book.recover();
    await book.close();
    return closingsIn(log.asLog);
  }

  it('the next start says what was given, what ended, and of what nothing more is known', async () => {
    const log = new MemoryLog();
    const { book, issuer, epoch, time } = await openIssuer(log);
    const first = issuer.answer('a');
    log.commit();
    await turn();
    time.now = 1_000_500;
    await book.mark();
    time.now = 1_000_900;
    const second = issuer.answer('a');
    const third = issuer.accept('a');
    await turn();
    await turn();
    const after = log.remains(false);
    const [{ closing }] = (await recovered(after)) as [never];
    expect(closing).toMatchObject({
      ending: 'cut-off',
      through: 1_000_500,
      statuses: { completed: 2, lost: 1 },
    });
    checkClosing(closing);
    expect((await leafOf(epoch, third.client, 1))?.receipt).toBe(digestOf(first));
    expect((await leafOf(epoch, third.client, 2))?.receipt).toBe(digestOf(second));
    expect((await leafOf(epoch, third.client, 3))?.status).toBe('lost');
  });

  it('wherever it happens, an epoch is closed once', async () => {
    const log = new MemoryLog([], true);
    const { book, issuer, epoch } = await openIssuer(log);
    issuer.answer('a');
    issuer.accept('b');
    await book.mark();
    const journal = join(folder, `${epoch}.journal`);
    const copy = join(folder, 'copy');
    await copyFile(journal, copy);
    const after = log.remains(false);
    const [first] = await recovered(after);
    // The journal has its end, the closing is logged, and nothing beside it is known.
    for (const name of readdirSync(folder)) if (name !== 'copy') await rm(join(folder, name));
    await copyFile(copy, journal);
    const ended = await openBook({ folder, log: after.asLog, now: () => 2_000_000 });
    await ended.recover();
    await ended.close();
    expect(await closingsIn(after.asLog)).toEqual([first]);
    expect(existsSync(journal)).toBe(false);
    expect((await leafOf(epoch, identifier('b'), 1))?.status).toBe('lost');
    await writeFile(join(folder, `${'a'.repeat(26)}.journal`), '');
    expect(await recovered(after)).toEqual([first]);
    expect(files().filter(name => name === '.journal')).toEqual([]);
  });

  it('notes that say something else than the closing in the log are told of, and nothing is signed', async () => {
    const log = new MemoryLog([], true);
    const { issuer, epoch } = await openIssuer(log);
    issuer.accept('b');
    await turn();
    await turn();
    const journal = join(folder, `${epoch}.journal`);
    const copy = join(folder, 'copy');
    await copyFile(journal, copy);
    const after = log.remains(false);
    await recovered(after);
    truncateSync(copy, statSync(copy).size - 1);
    await copyFile(copy, journal);
    const problems: string[] = [];
    expect(await recovered(after, { onProblem: message => problems.push(message) })).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining('epoch/journal-damaged')]);
    expect(existsSync(journal)).toBe(true);
  });

  it('an epoch whose entry was lost, and under which numbers were given, is logged again before it is closed', async () => {
    const log = new MemoryLog();
    const { issuer, epoch } = await openIssuer(log);
    issuer.accept('a');
    await turn();
    await turn();
    const [{ closing }] = (await recovered(log.remains(true))) as [never];
    expect(closing).toMatchObject({ epoch, ending: 'cut-off', through: 0, statuses: { lost: 1 } });
  });

  it('an epoch that was lost before anything happened in it is none', async () => {
    const log = new MemoryLog();
    const { epoch } = await openIssuer(log);
    expect(await recovered(log.remains(true))).toEqual([]);
    expect(existsSync(join(folder, `${epoch}.journal`))).toBe(false);
  });

  it('notes without a beginning are told of, and left', async () => {
    const path = join(folder, `${'a'.repeat(26)}.journal`);
    await writeFile(path, 'no journal at all');
    const problems: string[] = [];
    await recovered(new MemoryLog([], true), { onProblem: message => problems.push(message) });
    // Nothing of it can be read, so that nothing is lost with it.
    expect([problems, existsSync(path)]).toEqual([[], false]);
  });
});

type Step =
  | { readonly do: 'arrive' | 'accept' | 'seal' | 'log' | 'include' | 'mark' | 'turn' }
  | { readonly do: 'wait'; readonly time: number };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom<Step>({ do: 'arrive' }, { do: 'accept' }, { do: 'seal' }, { do: 'log' }),
    },
    { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'include' }, { do: 'mark' }, { do: 'turn' }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 5 }).map((time): Step => ({ do: 'wait', time })) },
  ),
  { maxLength: 40, size: 'max' },
);

/** A life of one issuer up to its crash: what is held outside, and how much of its journal is sure to survive. */
async function live(all: readonly Step[], log: MemoryLog) {
  const { book, issuer, time, epoch } = await openIssuer(log);
  const journal = join(folder, `${epoch}.journal`);
  const held: Envelope[] = [];
  const arriving: { received: number; hold: Held }[] = [];
  const running: Accepted[] = [];
  const sealed: ReturnType<BookedIssuer['seal']>[] = [];
  let synced = 0;
  let letters = 0;
  for (const step of all) {
    if (step.do === 'wait') time.now += step.time;
    else if (step.do === 'arrive') arriving.push({ received: time.now, hold: book.horizon.hold(time.now) });
    else if (step.do === 'accept') {
      const { received, hold } = arriving.pop() ?? { received: time.now, hold: null };
      const accepted = issuer.accept('ab'[letters++ % 2] as string, received);
      hold?.release();
      running.push(accepted);
      held.push(issuer.acceptance(accepted));
    } else if (step.do === 'seal' && running.length > 0)
      sealed.push(issuer.seal(running.shift() as Accepted));
    else if (step.do === 'log' && sealed.length > 0) {
      const { envelope, log } = sealed.shift() as ReturnType<BookedIssuer['seal']>;
      log();
      held.push(envelope);
    } else if (step.do === 'include') log.commit();
    else if (step.do === 'mark') {
      await book.mark();
      synced = statSync(journal).size;
    } else await turn();
  }
  return { book, held, journal, synced, epoch };
}

describe('an honest issuer', () => {
  it.each([
    ['its process dies', false],
    ['the power fails', true],
  ])('is never accused by anything that it has given out, whenever %s', async (_, isPowerLost) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), async (all, part) => {
        const log = new MemoryLog();
        const { held, journal, synced, epoch } = await live(all, log);
        const { size } = statSync(journal);
        if (isPowerLost) truncateSync(journal, synced + Math.floor(part * (size - synced)));
        const after = log.remains(isPowerLost);
        const next = await openBook({ folder, log: after.asLog, now: () => 1 });
        await next.recover();
        await next.close();
        const kept = await KeptClosing.open(folder, epoch);
        if (kept === null) {
          // Nothing of it has survived, and nothing is said.
          expect(await closingsIn(after.asLog)).toEqual([]);
        } else {
          for (const envelope of held) {
            const number = readNumbered(envelope);
            const leaf = await leafOf(epoch, number.client, number.counter);
            expect(compareWithClosing(kept.closing, heldFacts(number), leaf)).toMatch(
              /^(agrees|loss-stated)$/,
            );
          }
        }
        for (const name of readdirSync(folder)) await rm(join(folder, name), { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('lists everything when it stops in good order, whatever has happened', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async all => {
        const log = new MemoryLog();
        const { book, held, epoch } = await live(all, log);
        const including = setInterval(() => log.commit(), 1);
        book.hurry();
        await book.close();
        clearInterval(including);
        const { closing } = (await KeptClosing.open(folder, epoch)) as KeptClosing;
        expect(closing.ending).toBe('complete');
        for (const envelope of held) {
          const number = readNumbered(envelope);
          const leaf = await leafOf(epoch, number.client, number.counter);
          expect(leaf).not.toBeNull();
          // What has not reached the log yet is open, and its receipt states no earlier end.
          const isOpen = number.kind === 'receipt' && leaf?.status === 'open';
          const expected = isOpen ? 'loss-stated' : 'agrees';
          expect(compareWithClosing(closing, heldFacts(number), leaf)).toBe(expected);
        }
        for (const name of readdirSync(folder)) await rm(join(folder, name), { recursive: true });
      }),
      { numRuns: 25 },
    );
  });
});
