import { describe, expect, it } from 'vitest';
import { ADDRESS, clientOf, sampleRandomBytes, wireOf } from '../../test/support/answered.js';
import { copyOf, signed } from '../../test/support/histories.js';
import { checking, EXCHANGE, GATEWAY, MIRROR, sampleOf, textOf } from '../../test/support/kept-sample.js';
import { testKey } from '../../test/support/keys.js';
import { noTimer } from '../../test/support/paper-clock.js';
import type { Place } from '../../test/support/paper-network.js';
import {
  FULL_TRUST_FILE,
  ISSUER,
  LOG,
  LOG_COSIGNER,
  ORIGIN,
  STRANGER,
  trustWith,
} from '../../test/support/parties.js';
import { entryAt, ReferenceTree } from '../../test/support/reference-tree.js';
import { REQUEST } from '../../test/support/sample-exchange.js';
import { AS_OF, DEADLINE, RECEIVED } from '../../test/support/sample-receipt.js';
import { CLOCK_TOLERANCE } from '../appraise/record.js';
import { toHex } from '../bytes/hex.js';
import { type Json, parseCanonical } from '../bytes/json.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { CHALLENGE_WINDOW } from '../court/misbehaviour/broken-promise.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { keyLabel } from '../note/key.js';
import { formatBundle, parseBundle } from '../receipt/bundle.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../receipt/envelope.js';
import type { Receipt } from '../receipt/receipt.js';
import { stampStatement } from '../receipt/stamp.js';
import { createClient } from './client.js';
import { Alarm } from './finding.js';
import { memoryStore } from './memory-store.js';

const sample = await sampleOf();
const streamed = await sampleOf({ form: 'stream' });
const unproven = formatBundle({ envelope: sample.receipt, proof: null });
const { proof: PROOF } = parseBundle(sample.bundle);

const OVERDUE = DEADLINE + CLOCK_TOLERANCE + 1;

type Submit = NonNullable<Place['submit']>;

function takes(proof: string | null): Submit {
  return () => new Response(JSON.stringify({ index: 5, proof }), { status: 201 });
}

function refuses(status: number): Submit {
  return () => new Response('no', { status });
}

function says(text: string): Submit {
  return () => new Response(text);
}

describe('an exchange whose receipt is in the log', () => {
  it('is settled by the witnessed bundle that the gateway shows, and not asked about again', async () => {
    const { fetch, network, store } = await checking(
      [sample.kept],
      { [GATEWAY]: { bundle: sample.bundle } },
      { now: AS_OF },
    );
    expect(await fetch.check()).toEqual({
      outcome: 'settled',
      witnessed: [EXCHANGE],
      open: [],
      findings: [],
    });
    expect(network.asked[0]?.url).toBe(`${GATEWAY}/v1/receipts/${EXCHANGE}?wait=witnessed`);
    expect(network.paths('POST')).toEqual([]);
    expect(await store.names('open-')).toEqual([]);
    const settled = JSON.parse((await store.get(`settled-${EXCHANGE}`)) ?? '') as { bundle: string };
    expect(settled.bundle).toBe(new TextDecoder().decode(sample.bundle));
    const before = network.asked.length;
    expect(await fetch.check()).toEqual({ outcome: 'settled', witnessed: [], open: [], findings: [] });
    expect(network.asked.length).toBe(before);
  });

  it('stays open while too few witnesses have seen it, and is not handed in', async () => {
    const included = await sampleOf({ signatures: ([log]) => (log === undefined ? [] : [log]) });
    const { fetch, network } = await checking(
      [included.kept],
      { [GATEWAY]: { bundle: included.bundle } },
      { now: OVERDUE },
    );
    expect(await fetch.check()).toMatchObject({ outcome: 'open', open: [EXCHANGE], findings: [] });
    expect(network.paths('POST')).toEqual([]);
  });

  it.each([
    ['whose bundle has no proof', { bundle: unproven }],
    ['that the gateway does not know', { bundle: 404 }],
    ['about which the gateway is silent', { bundle: 'silence' }],
    ['for which the gateway shows garbage', { bundle: utf8('{}') }],
  ] as const)('%s, is handed in, and settled by the proof that the log gives', async (_, place) => {
    const { fetch, network } = await checking(
      [sample.kept],
      { [GATEWAY]: { ...place, submit: takes(PROOF) } },
      { now: OVERDUE },
    );
    expect(await fetch.check()).toMatchObject({ outcome: 'settled', witnessed: [EXCHANGE], findings: [] });
    const [handedIn] = network.asked.filter(({ method }) => method === 'POST');
    expect(handedIn).toEqual({
      method: 'POST',
      url: `${GATEWAY}/log/entries?wait=witnessed`,
      body: textOf(sample.receipt),
    });
  });

  it('with a proof that fails, is handed in, and that is told', async () => {
    const other = await sampleOf({ proof: proof => ({ ...proof, index: proof.index - 1 }) });
    const places = { [GATEWAY]: { bundle: other.bundle, submit: takes(PROOF) } };
    const { fetch } = await checking([sample.kept], places, { now: AS_OF });
    const { witnessed, findings } = await fetch.check();
    expect(witnessed).toEqual([EXCHANGE]);
    expect(findings).toMatchObject([
      { kind: 'unresolved', code: 'tree/inclusion-invalid', exchange: EXCHANGE },
    ]);
  });

  it('of which only an acceptance came: the receipt that goes with it takes its place', async () => {
    const kept = { ...streamed.kept, receipt: null };
    const { fetch, store } = await checking(
      [kept],
      { [GATEWAY]: { bundle: streamed.bundle } },
      { now: AS_OF },
    );
    expect(await fetch.check()).toMatchObject({ outcome: 'settled', witnessed: [EXCHANGE] });
    expect(JSON.parse((await store.get(`settled-${EXCHANGE}`)) ?? '')).toMatchObject({
      receipt: textOf(streamed.receipt),
    });
  });
});

describe('an exchange whose receipt is not in the log', () => {
  const nothing: Place = { bundle: 404, submit: refuses(400) };

  it.each([
    ['refused', nothing],
    ['taken, with no proof yet', { submit: takes(null) }],
    ['met with silence', {}],
  ])('before the deadline is open, when it is %s', async (_, place) => {
    const { fetch } = await checking(
      [sample.kept],
      { [GATEWAY]: place },
      { now: DEADLINE + CLOCK_TOLERANCE },
    );
    expect(await fetch.check()).toEqual({ outcome: 'open', witnessed: [], open: [EXCHANGE], findings: [] });
  });

  it.each([
    ['refused as malformed', nothing],
    ['refused as a stranger’s', { submit: refuses(403) }],
    ['refused as too long', { submit: refuses(413) }],
    ['taken, and still not proven', { submit: takes(null) }],
    [
      'taken, with the proof of another entry',
      { submit: takes((PROOF ?? '').replace('index 5', 'index 4')) },
    ],
  ])('after it is an omission, when it is %s', async (_, place) => {
    const { fetch } = await checking([sample.kept], { [GATEWAY]: place }, { now: OVERDUE });
    const { outcome, open, findings } = await fetch.check();
    expect({ outcome, open }).toEqual({ outcome: 'alarm', open: [EXCHANGE] });
    expect(findings.at(-1)).toEqual({
      kind: 'omission',
      code: 'proof/overdue',
      says: expect.stringContaining('deadline'),
      exchange: EXCHANGE,
      evidence: null,
      held: envelopeBytes(sample.receipt),
    });
  });

  const silent: [string, Readonly<Record<string, Place>>][] = [
    ['nobody answers', {}],
    ['the gateway answers, but not its log', { [GATEWAY]: { bundle: 404, submit: () => 'silence' } }],
    ['the log takes nothing at present', { [GATEWAY]: { submit: refuses(503) } }],
    ['the log is asked too much', { [GATEWAY]: { submit: refuses(429) } }],
    ['the log answers something else', { [GATEWAY]: { submit: says('{"index":1}') } }],
    ['the log answers without end', { [GATEWAY]: { submit: says('x'.repeat((1 << 18) + 1)) } }],
  ];

  it.each(silent)('after it shows nothing where %s', async (_, places) => {
    const { fetch } = await checking([sample.kept], places, { now: OVERDUE });
    expect(await fetch.check()).toMatchObject({
      outcome: 'open',
      findings: [{ kind: 'unresolved', code: 'peer/unreachable', exchange: EXCHANGE, evidence: null }],
    });
  });

  it('after it is no omission where the log has shown before that it is, and now takes nothing by this issuer', async () => {
    const { kept, bundle } = await sampleOf({ signatures: ([log]) => (log === undefined ? [] : [log]) });
    const known = { ...kept, bundle: fromUtf8(bundle) };
    const places = { [GATEWAY]: { bundle: 404, submit: refuses(403) } } as const;
    const { fetch } = await checking([known], places, { now: OVERDUE });
    expect(await fetch.check()).toMatchObject({ outcome: 'open', open: [EXCHANGE], findings: [] });
  });

  it('ends the check in an alarm where nobody is told, after all have been checked and kept', async () => {
    const other = { ...sample.kept, exchange: 'b'.repeat(26) };
    const { store } = await checking([sample.kept, other], {}, { now: OVERDUE });
    const ask = (url: string) =>
      Promise.resolve(
        url.includes(EXCHANGE)
          ? new Response(new Uint8Array(sample.bundle))
          : new Response(null, { status: 400 }),
      );
    const client = createClient(
      { trust: trustWith(), store },
      {
        fetch: () => Promise.reject(new Error('nothing is asked here')),
        ask,
        now: () => OVERDUE,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      },
    );
    const alarm = await client.check().catch((error: unknown) => error);
    expect(alarm).toBeInstanceOf(Alarm);
    const { message, result } = alarm as Alarm;
    expect(message).toContain('proof/overdue');
    expect(message).toContain(other.exchange);
    expect(result).toMatchObject({ outcome: 'alarm', witnessed: [EXCHANGE], open: [other.exchange] });
    expect(await store.names('settled-')).toEqual([`settled-${EXCHANGE}`]);
  });

  it('an acceptance without a receipt: an omission an hour later, where the gateway says that it has none', async () => {
    const kept = { ...streamed.kept, receipt: null };
    const at = async (now: number, places: Readonly<Record<string, Place>>) =>
      (await (await checking([kept], places, { now })).fetch.check()).findings;
    const hour = RECEIVED + 3_600_000;
    expect(await at(hour, { [GATEWAY]: { bundle: 404 } })).toEqual([]);
    expect(await at(hour + 1, { [GATEWAY]: { bundle: 404 } })).toMatchObject([
      {
        kind: 'omission',
        code: 'client/receipt-withheld',
        held: envelopeBytes(streamed.acceptance as Envelope),
      },
    ]);
    for (const places of [{}, { [GATEWAY]: { bundle: 500 } }])
      expect(await at(hour + 1, places)).toMatchObject([{ kind: 'unresolved', code: 'peer/unreachable' }]);
  });
});

describe('a promise that is broken although a mirror was given the receipt', () => {
  const STAMPER = testKey('mirror.example/stamps', 121);
  const SEEN = 5;
  const tree = new ReferenceTree(Array.from({ length: 11 }, (_, index) => entryAt(index)));
  const seen = { size: SEEN, root: toHex(tree.hash(0, SEEN)) };
  const promised = sampleOf({ receipt: receipt => ({ ...receipt, seen }) });
  const trust = trustWith(FULL_TRUST_FILE);
  const STAMPED = DEADLINE - 1000;
  const LATE = Math.ceil((STAMPED + CHALLENGE_WINDOW) / 1000);

  const stampOf = ({ receipt }: { receipt: Envelope }, by = STAMPER) =>
    seal(stampStatement(payloadDigest(receipt), ORIGIN, STAMPED, by.key), keyLabel(by.key), by.signer);

  const logAt = (time: number, shown = tree): Place => ({
    bundle: 404,
    submit: refuses(400),
    tree: shown,
    checkpoint: signed(shown, shown.entries.length, { by: [LOG, LOG_COSIGNER], time }),
  });

  async function finding(log: Place, mirror: Place = {}) {
    const { kept, ...rest } = await promised;
    const stamps = [textOf(stampOf(rest))];
    const places = { [GATEWAY]: log, [MIRROR]: mirror };
    const options = { trust, mirrors: [`${MIRROR}/`], stampers: [STAMPER.key], now: LATE * 1000 };
    const { fetch } = await checking([{ ...kept, stamps }], places, options);
    return (await fetch.check()).findings.find(({ kind }) => kind === 'omission');
  }

  it('is handed in at the mirror, whose stamp is kept, and only the first', async () => {
    const { kept, ...rest } = await promised;
    const answers = [stampOf(rest), stampOf(rest)];
    const submit = () => new Response(textOf(answers[0] as Envelope));
    const places = { [GATEWAY]: { bundle: 404 }, [MIRROR]: { submit } };
    const options = { trust, mirrors: [MIRROR], stampers: [STAMPER.key], now: AS_OF };
    const { fetch, network, store } = await checking([kept], places, options);
    await fetch.check();
    expect(network.paths('POST')).toEqual(['/copy/entries', '/log/entries']);
    const record = async () =>
      JSON.parse((await store.get(`open-${EXCHANGE}`)) ?? '') as { stamps: readonly string[] };
    expect((await record()).stamps).toEqual([textOf(stampOf(rest))]);
  });

  it.each([
    ['by somebody else', testKey('stranger.example/stamps', 122)],
    ['forged under its name', { key: STAMPER.key, signer: STRANGER.signer }],
  ])('no stamp is kept that is %s', async (_, by) => {
    const { kept, ...rest } = await promised;
    const submit = () => new Response(textOf(stampOf(rest, by)));
    const options = { trust, mirrors: [MIRROR], stampers: [STAMPER.key], now: AS_OF };
    const { fetch, store } = await checking([kept], { [MIRROR]: { submit } }, options);
    await fetch.check();
    expect(JSON.parse((await store.get(`open-${EXCHANGE}`)) ?? '')).toMatchObject({ stamps: [] });
  });

  it('no stamp is kept of another receipt', async () => {
    const { kept } = await promised;
    const submit = () => new Response(textOf(stampOf(sample)));
    const options = { trust, mirrors: [MIRROR], stampers: [STAMPER.key], now: AS_OF };
    const { fetch, store } = await checking([kept], { [MIRROR]: { submit } }, options);
    await fetch.check();
    expect(JSON.parse((await store.get(`open-${EXCHANGE}`)) ?? '')).toMatchObject({ stamps: [] });
  });

  it.each([
    ['the log', logAt(LATE), {}],
    ['a mirror', { bundle: 404, submit: refuses(400) }, logAt(LATE)],
  ])('a file proves it to anybody, made of what %s shows', async (_, log, mirror) => {
    const found = await finding(log, mirror);
    expect(found).toMatchObject({ code: 'proof/overdue' });
    const known = knownKeys(trust, [], [STAMPER.key]);
    const judgement = await judgeEvidence(found?.evidence ?? new Uint8Array(), known, copyOf(tree.entries));
    expect(judgement).toMatchObject({ outcome: 'proven', code: 'misbehaviour/promise-broken' });
  });

  it.each([
    ['within the challenge window', logAt(LATE - 1)],
    ['where the log shows no checkpoint', { ...logAt(LATE), checkpoint: signed(tree, 3, { by: [LOG] }) }],
    ['where the log shows no entries', { ...logAt(LATE), tree: new ReferenceTree(tree.entries.slice(0, 3)) }],
  ])('no file is made %s', async (_, log) => {
    expect(await finding(log)).toMatchObject({ code: 'proof/overdue', evidence: null });
  });

  it('no file is made where the log does hold the receipt, and hides it', async () => {
    const { receipt } = await promised;
    const holding = new ReferenceTree([...tree.entries.slice(0, 10), envelopeBytes(receipt)]);
    expect(await finding(logAt(LATE, holding))).toMatchObject({ code: 'proof/overdue', evidence: null });
  });
});

describe('another receipt than the one that came', () => {
  const changed = (change: Partial<Receipt>, by = ISSUER) =>
    sampleOf({
      receipt: receipt => ({ ...receipt, ...change }),
      seal: () => ({ keyId: keyLabel(ISSUER.key), signer: by.signer }),
    });
  const check = async (kept: (typeof sample)['kept'], bundle: Uint8Array, options = {}) => {
    const places = { [GATEWAY]: { bundle, submit: takes(PROOF) } };
    const { fetch } = await checking([kept], places, { now: AS_OF, ...options });
    return fetch.check();
  };

  it('by the issuer, with the same number: a fork, with a file that proves it to anybody', async () => {
    const other = await changed({ previous: null });
    const { outcome, findings } = await check(sample.kept, other.bundle);
    expect(outcome).toBe('alarm');
    expect(findings).toMatchObject([
      { kind: 'fork', code: 'misbehaviour/receipt-forked', exchange: EXCHANGE },
    ]);
    const evidence = findings[0]?.evidence ?? new Uint8Array();
    expect(await judgeEvidence(evidence, knownKeys(trustWith()))).toMatchObject({
      outcome: 'proven',
      accused: keyLabel(ISSUER.key),
    });
  });

  it('with another number: a finding that no file proves', async () => {
    const { outcome, findings } = await check(sample.kept, (await changed({ counter: 8 })).bundle);
    expect(outcome).toBe('alarm');
    expect(findings).toMatchObject([{ kind: 'fork', code: 'client/receipt-differs', evidence: null }]);
  });

  it('by nobody: told, and no alarm about an issuer who has not signed it', async () => {
    const other = await changed({ previous: null }, STRANGER);
    const { outcome, witnessed, findings } = await check(sample.kept, other.bundle);
    expect({ outcome, witnessed }).toEqual({ outcome: 'open', witnessed: [EXCHANGE] });
    expect(findings).toMatchObject([
      { kind: 'unresolved', code: 'envelope/signature-invalid' },
      { kind: 'unresolved', code: 'client/receipt-differs', evidence: null },
    ]);
  });

  it('than goes with the acceptance that came: with the same number, proven', async () => {
    const kept = { ...streamed.kept, receipt: null };
    const other = await sampleOf({ receipt: receipt => ({ ...receipt, exchange: 'b'.repeat(26) }) });
    expect((await check(kept, other.bundle)).findings).toMatchObject([
      { kind: 'fork', code: 'misbehaviour/receipt-forked' },
    ]);
  });

  it('than goes with the acceptance that came: with another number, not', async () => {
    const kept = { ...streamed.kept, receipt: null };
    const other = await sampleOf({ form: 'stream', receipt: receipt => ({ ...receipt, counter: 8 }) });
    const { findings, open } = await check(kept, other.bundle);
    expect(findings).toMatchObject([{ kind: 'fork', code: 'client/receipt-differs' }]);
    expect(open).toEqual([EXCHANGE]);
  });

  it('that nobody known has signed takes no acceptance’s place', async () => {
    const kept = { ...streamed.kept, receipt: null };
    const forged = await sampleOf({
      form: 'stream',
      seal: () => ({ keyId: keyLabel(ISSUER.key), signer: STRANGER.signer }),
    });
    const { findings, open } = await check(kept, forged.bundle);
    expect(findings).toMatchObject([{ kind: 'unresolved', code: 'envelope/signature-invalid' }]);
    expect(open).toEqual([EXCHANGE]);
  });
});

describe('the store', () => {
  it.each([
    ['no JSON', 'nothing'],
    ['another form', '{}'],
    ['not canonical', `${JSON.stringify(parseCanonical(utf8(JSON.stringify({}))))} `],
    ['too long', `"${'x'.repeat(1 << 20)}"`],
  ])('a record that is damaged (%s) is told, and keeps no other from being checked', async (_, text) => {
    const { fetch, store } = await checking(
      [sample.kept],
      { [GATEWAY]: { bundle: sample.bundle } },
      { now: AS_OF },
    );
    const damaged = 'b'.repeat(26);
    await store.put(`open-${damaged}`, text);
    expect(await fetch.check()).toMatchObject({
      outcome: 'open',
      witnessed: [EXCHANGE],
      open: [damaged],
      findings: [{ kind: 'unresolved', code: 'client/record-malformed', exchange: damaged }],
    });
  });

  it('a record that is another exchange’s is damaged', async () => {
    const { fetch, store } = await checking([], {}, { now: AS_OF });
    const { kept } = sample;
    await store.put(`open-${'b'.repeat(26)}`, JSON.stringify({ ...kept } as Json));
    expect((await fetch.check()).findings).toMatchObject([{ code: 'client/record-malformed' }]);
  });

  it('one that fails lets the check reject', async () => {
    const store = { ...memoryStore(), names: () => Promise.reject(new Error('gone')) };
    const { fetch } = await checking([], {}, { now: AS_OF, store });
    await expect(fetch.check()).rejects.toMatchObject({ code: 'client/store-unavailable' });
  });

  it('after a crash between its two names, an exchange is settled again', async () => {
    const { fetch, store } = await checking(
      [sample.kept],
      { [GATEWAY]: { bundle: sample.bundle } },
      { now: AS_OF },
    );
    await store.put(`settled-${EXCHANGE}`, (await store.get(`open-${EXCHANGE}`)) ?? '');
    expect(await fetch.check()).toMatchObject({ outcome: 'settled', witnessed: [EXCHANGE] });
    expect(await store.names('open-')).toEqual([]);
  });

  it('an answer that is still arriving is not checked', async () => {
    const wire = await wireOf({ form: 'stream' });
    const { fetch } = clientOf(wire);
    const reader = (
      await fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) })
    ).body?.getReader();
    await reader?.read();
    expect(await fetch.check()).toEqual({ outcome: 'settled', witnessed: [], open: [], findings: [] });
    await reader?.cancel();
    expect((await fetch.check()).open).toEqual([EXCHANGE]);
  });

  it('many exchanges are checked, a few at a time', async () => {
    const digits = 'abcdefghijklmnopqrstuvwxyz234567';
    const many = Array.from({ length: 40 }, (_, at) => ({
      ...sample.kept,
      exchange: `${digits[at >> 5]}${digits[at & 31]}`.padEnd(26, 'a'),
    }));
    let running = 0;
    let most = 0;
    const { store } = await checking(many, {}, { now: AS_OF });
    const client = createClient(
      { trust: trustWith(), store },
      {
        fetch: () => Promise.reject(new Error('nothing is asked here')),
        ask: async () => {
          most = Math.max(most, ++running);
          await new Promise(resolve => setImmediate(resolve));
          running--;
          return new Response(null, { status: 503 });
        },
        now: () => AS_OF,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      },
    );
    expect((await client.check()).open).toHaveLength(40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });
});
