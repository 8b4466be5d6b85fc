import { describe, expect, it } from 'vitest';
import '../../node.js';
import { makeRun } from '../../../../test/support/binding.js';
import { AT, makeCollateral, makeQuote } from '../../../../test/support/evidence/dcap.js';
import { makeNitro } from '../../../../test/support/evidence/nitro.js';
import { makeNrasHouse, makeNrasInput } from '../../../../test/support/evidence/nras.js';
import {
  chainPem,
  makeDevice,
  makeDriverManifest,
  makeEvidence,
  makeFirmwareManifest,
  makeWordOfAuthorities,
  NONCE,
} from '../../../../test/support/evidence/nvidia.js';
import { makeOcspResponse, makeResponder } from '../../../../test/support/evidence/ocsp-maker.js';
import { DEVICE, TEST_ROOTS } from '../../../../test/support/evidence/roots.js';
import { makeSnp, snpPki } from '../../../../test/support/evidence/snp.js';
import {
  DURING,
  END,
  makeAuthority,
  makeRevocationList,
  pem,
  pinned,
} from '../../../../test/support/evidence/x509-maker.js';
import { reasonOf, reasonOfAsync } from '../../../../test/support/failure.js';
import { toBase64 } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import { detect } from './detect.js';
import { judgeFiles } from './judge.js';
import type { GivenFiles } from './parts.js';
import { readPolicies } from './policies.js';
import { evidenceLines } from './words.js';

const NOTHING: Omit<GivenFiles, 'files'> = {
  chains: [],
  collateral: null,
  revocationLists: [],
  ocsp: [],
  responders: [],
  manifests: [],
  keys: null,
  policies: {},
  carries: [],
  others: { nonce: null, key: null, tls: null, epoch: null, statement: null, receipt: null, body: null },
};
const judge = (files: Record<string, Uint8Array>, given: Partial<GivenFiles> = {}) =>
  judgeFiles(
    { ...NOTHING, ...given, files: Object.entries(files).map(([path, bytes]) => ({ path, bytes })) },
    { asOf: DURING + 1, roots: TEST_ROOTS },
  );

const snp = makeSnp();
const snpChain = utf8(pem(snp.signer.certificate, snp.authority as Uint8Array, snp.root as Uint8Array));
const spdm = makeEvidence(DEVICE);
const deviceFile = (...evidence: readonly Uint8Array[]) =>
  utf8(
    JSON.stringify(
      evidence.map(each => ({
        arch: 'HOPPER',
        evidence: toBase64(each),
        certificate: toBase64(utf8(chainPem(DEVICE))),
        nonce: toHex(NONCE),
      })),
    ),
  );

describe('the kind of a file', () => {
  it.each<readonly [string, Uint8Array, string]>([
    ['a Nitro document', makeNitro(), 'nitro'],
    ['a report of SEV-SNP', snp.report, 'snp'],
    ['a quote of TDX', makeQuote(), 'dcap'],
    ['a quote of SGX', makeQuote({ form: 'sgx-3' }), 'dcap'],
    ['a quote of a later version', makeQuote().with(0, 6), 'dcap'],
    ['evidence of one device', spdm, 'spdm'],
    ['a file of devices', deviceFile(spdm), 'nvidia-file'],
  ])('%s: binary, and in text as well', (_, bytes, kind) => {
    expect(detect(bytes).kind).toBe(kind);
    if (kind === 'nvidia-file') return;
    for (const text of [
      toHex(bytes),
      `${toHex(bytes).toUpperCase()}\n`,
      toBase64(bytes).replace(/(.{64})/g, '$1\n'),
    ])
      expect(detect(utf8(text))).toEqual({ kind, bytes });
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['text', utf8('hello')],
    ['zeros', new Uint8Array(5000)],
    ['the beginning of a quote', makeQuote().slice(0, 400)],
    ['JSON', utf8('{}')],
  ])('%s: none', (_, bytes) => {
    expect(reasonOf(() => detect(bytes))).toBe('evidence/kind-unknown');
  });
});

describe('what is given beside a file', () => {
  const house = makeDevice();
  const roots = {
    ...TEST_ROOTS,
    nvidia: [pinned(house.chain[4])],
    nvidiaReference: [pinned(house.reference[3])],
  };
  const device = (given: Partial<GivenFiles>) =>
    judgeFiles(
      {
        ...NOTHING,
        chains: [utf8(chainPem(house))],
        files: [{ path: 'a', bytes: makeEvidence(house) }],
        ...given,
        others: { ...NOTHING.others, nonce: NONCE },
      },
      { asOf: DURING, roots },
    );
  const notChecked = ({ pieces }: Awaited<ReturnType<typeof device>>) => pieces[0]?.answer.claims.notChecked;

  it('OCSP answers and manifests are all that a device needs, in any order', async () => {
    const manifests = [makeFirmwareManifest(house), makeDriverManifest(house)];
    const ocsp = makeWordOfAuthorities(house);
    const judged = await device({ manifests, ocsp });
    expect(judged).toMatchObject({ status: 'accepted' });
    expect(notChecked(judged)).toEqual([]);
    const [later] = [makeDriverManifest(house, { version: '591.00' })];
    // Of several of one sort the one of this version counts; where there is none, the wrong one is not passed over.
    expect(notChecked(await device({ manifests: [later, ...manifests], ocsp }))).toEqual([]);
    expect(await device({ manifests: [later], ocsp })).toMatchObject({ code: 'nvidia/rim-version-mismatch' });
  });

  it('what was not given is not checked, and is named', async () => {
    const judged = await device({});
    expect(judged.status).toBe('accepted');
    const names = [
      'revocation',
      'driver-manifest',
      'firmware-manifest',
      'manifest-revocation',
      'measurements',
    ];
    expect(notChecked(judged)).toEqual(names);
    expect(evidenceLines(judged, false).join(' ')).toContain(
      `Not checked, because the policy does without: ${names.slice(0, 2).join(', ')}`,
    );
  });

  it('an answer that takes a certificate back refuses it', async () => {
    const ocsp = makeWordOfAuthorities(house, place => (place === 2 ? 'revoked' : 'good'));
    expect(await device({ ocsp })).toMatchObject({ status: 'refused', code: 'certificate/revoked' });
    expect(await device({ ocsp: [utf8('no answer')] })).toMatchObject({ code: 'ocsp/malformed' });
    expect(await device({ manifests: [utf8('none')] })).toMatchObject({
      status: 'malformed',
      code: 'nvidia/rim-malformed',
    });
  });

  it('answers of a responder count who is named as one, and of others not', async () => {
    const responder = makeResponder(makeAuthority({ subject: 'a responder of the tests' }));
    const ocsp = house.chain.slice(1, -1).map(({ certificate }, at) => {
      const issuer = house.chain[at + 2]?.certificate as Uint8Array;
      return makeOcspResponse({ certificate, issuer, responder });
    });
    const responders = [sha256(responder.keys.spki)];
    const judged = await device({ ocsp, responders });
    expect(judged.status).toBe('accepted');
    expect(notChecked(judged)).not.toContain('revocation');
    for (const others of [[], [sha256(utf8('another'))]])
      expect(await device({ ocsp, responders: others })).toMatchObject({
        status: 'refused',
        code: 'ocsp/responder-unauthorized',
      });
  });

  it('lists count for the root that they are of', async () => {
    const list = (product: 'milan' | 'genoa', revoked: readonly number[]) =>
      makeRevocationList({
        issuer: snpPki(product).ark,
        thisUpdate: DURING,
        nextUpdate: END,
        revoked: revoked.map(serial => ({ serial, at: DURING })),
      });
    const report = (revocationLists: readonly Uint8Array[]) =>
      judge({ a: snp.report }, { chains: [snpChain], revocationLists });
    const unasked = async (lists: readonly Uint8Array[]) =>
      (await report(lists)).pieces[0]?.answer.claims.notChecked;
    expect(await unasked([])).toEqual(['revocation', 'minimum-tcb']);
    expect(await unasked([list('genoa', [2])])).toEqual(['revocation', 'minimum-tcb']);
    expect(await unasked([list('genoa', [2]), list('milan', [3])])).toEqual(['minimum-tcb']);
    expect(await report([list('milan', [2])])).toMatchObject({ code: 'certificate/revoked' });
    expect(await report([utf8('none')])).toMatchObject({
      status: 'malformed',
      code: 'revocation/malformed',
    });
    const [middle, root] = [house.chain[3], house.chain[4]] as const;
    const taken = makeRevocationList({
      issuer: root,
      thisUpdate: DURING,
      nextUpdate: END,
      revoked: [{ serial: 3, at: DURING }],
    });
    expect(middle).toBeDefined();
    expect(await device({ revocationLists: [taken] })).toMatchObject({ code: 'certificate/revoked' });
  });

  it("the keys of NVIDIA's service, and who vouches for them", async () => {
    const service = makeNrasHouse();
    const { answer, keys: set } = makeNrasInput(service);
    const root = service.root.certificate;
    const ask = (keys: GivenFiles['keys'], nonce: Uint8Array | null = NONCE) =>
      judge({ a: answer }, { keys, others: { ...NOTHING.others, nonce } });
    expect(detect(answer).kind).toBe('nras');
    expect(await ask(null)).toMatchObject({ status: 'inconclusive', code: 'evidence/certificates-missing' });
    const vouched = await ask({ set, pins: [], root });
    expect(vouched).toMatchObject({ status: 'accepted', code: null });
    // Who vouches for a service is no maker of hardware by that.
    expect(vouched.pieces[0]?.answer.claims).toMatchObject({
      kind: 'nras',
      checks: expect.not.arrayContaining([expect.objectContaining({ name: 'hardware' })]),
    });
    expect(await ask({ set, pins: [sha256(service.signer.keys.spki)], root: null })).toMatchObject({
      status: 'accepted',
    });
    expect(await ask({ set, pins: [], root: null })).toMatchObject({ code: 'certificate/root-unknown' });
    const stranger = makeNrasHouse().root.certificate;
    expect(await ask({ set, pins: [], root: stranger })).toMatchObject({ status: 'refused' });
    expect(await ask({ set, pins: [], root }, new Uint8Array(32))).toMatchObject({
      code: 'nras/nonce-mismatch',
    });
    expect(await ask({ set: utf8('{}'), pins: [], root })).toMatchObject({ code: 'nras/keys-malformed' });
  });

  it('an answer of the service is of a run by its nonce, as a device is', async () => {
    const service = makeNrasHouse();
    const { answer, keys: set } = makeNrasInput(service, { all: { eat_nonce: toHex(NONCE) } });
    const keys = { set, pins: [], root: service.root.certificate };
    const quote = makeQuote({
      body: body => {
        body.fill(0, AT.td.reportData, AT.td.reportData + 64);
        body.set(NONCE, AT.td.reportData);
      },
    });
    const given: Partial<GivenFiles> = {
      keys,
      collateral: makeCollateral(),
      carries: [{ field: 'reportData', convention: 'plain-gpu-nonce' }],
      others: { ...NOTHING.others, nonce: NONCE },
    };
    const judged = await judge({ quote, answer }, given);
    expect(judged.edges?.filter(({ from, to }) => from === 'nras' && to === 'tdx')).toMatchObject([
      { to: 'tdx', status: 'holds' },
    ]);
    const other = await judge({ quote: makeQuote(), answer }, given);
    expect(other.edges?.filter(({ from, to }) => from === 'nras' && to === 'tdx')).toMatchObject([
      { to: 'tdx', status: 'contradicted' },
    ]);
  });
});

describe('files', () => {
  it.each<readonly [string, Record<string, Uint8Array>, Partial<GivenFiles>, string, string | null]>([
    ['a document', { a: makeNitro() }, {}, 'accepted', null],
    ['a report with its chain', { a: snp.report }, { chains: [snpChain] }, 'accepted', null],
    ['a report without', { a: snp.report }, {}, 'inconclusive', 'evidence/certificates-missing'],
    ['a quote with collateral', { a: makeQuote() }, { collateral: makeCollateral() }, 'accepted', null],
    ['a quote without', { a: makeQuote() }, {}, 'inconclusive', 'collateral/missing'],
    ['a device with its chain', { a: spdm }, { chains: [utf8(chainPem(DEVICE))] }, 'accepted', null],
    ['a device without', { a: spdm }, {}, 'inconclusive', 'evidence/certificates-missing'],
    ['a file of a device', { a: deviceFile(spdm) }, {}, 'accepted', null],
    ['nothing that is known', { a: utf8('hello') }, {}, 'malformed', 'evidence/kind-unknown'],
    ['a later version', { a: makeQuote().with(0, 6) }, {}, 'unsupported', 'quote/version-unsupported'],
    [
      'a policy that refuses it',
      { a: makeNitro() },
      { policies: readPolicies(utf8('{"nitro":{"maximumAge":0}}')) },
      'refused',
      'nitro/stale',
    ],
  ])('%s', async (_, files, given, status, code) => {
    expect(await judge(files, given)).toMatchObject({ status, code, edges: null });
  });

  it('each of several takes the chain that is its', async () => {
    const files = { gpu: spdm, machine: snp.report };
    const given = { chains: [utf8(chainPem(DEVICE)), snpChain] };
    const { pieces, status, edges } = await judge(files, given);
    expect(pieces.map(({ answer }) => answer.status)).toEqual(['accepted', 'accepted']);
    expect([status, edges?.map(({ status }) => status)]).toEqual(['inconclusive', ['not-shown']]);
  });

  it('of one run, and of two', async () => {
    const [one, other] = [makeRun(1), makeRun(2)];
    const carried = sha256(one.statement as Uint8Array);
    const quote = makeQuote({
      body: body => {
        body.fill(0, AT.td.reportData, AT.td.reportData + 64);
        body.set(carried, AT.td.reportData);
      },
    });
    const gpus = [carried, carried].map(nonce => makeEvidence(DEVICE, { nonce }));
    const { key, statement, receipt, nonce, tls } = one;
    const given: Partial<GivenFiles> = {
      collateral: makeCollateral(),
      carries: [
        { field: 'reportData', convention: 'sha-256-statement' },
        { field: 'nonce', convention: 'sha-256-statement' },
      ],
      others: { ...NOTHING.others, key, statement, receipt, nonce, tls },
    };
    const judged = await judge({ quote, gpus: deviceFile(...gpus) }, given);
    expect(judged).toMatchObject({ status: 'accepted', code: null });
    expect(judged.pieces.map(({ name }) => name)).toEqual(['quote', 'gpus[0]', 'gpus[1]']);
    const mixed = { ...given, others: { ...NOTHING.others, ...given.others, receipt: other.receipt } };
    expect(await judge({ quote, gpus: deviceFile(...gpus) }, mixed)).toMatchObject({
      status: 'refused',
      code: 'binding/receipt-key-mismatch',
    });
  });

  it('a nonce is that of the device, where nothing else is named', async () => {
    const others = (nonce: Uint8Array) => ({ others: { ...NOTHING.others, nonce } });
    expect(await judge({ a: deviceFile(spdm) }, others(NONCE))).toMatchObject({ status: 'accepted' });
    expect(await judge({ a: deviceFile(spdm) }, others(new Uint8Array(32)))).toMatchObject({
      status: 'refused',
      code: 'nvidia/nonce-mismatch',
    });
  });

  it('quotes of two machines are of no run', async () => {
    const files = { a: makeNitro(), b: makeQuote() };
    expect(await reasonOfAsync(() => judge(files, { collateral: makeCollateral() }))).toBe(
      'binding/several-machines',
    );
  });
});

describe('in words', () => {
  it('explains what is stated, the chain, and the bytes that nobody has signed', async () => {
    const judged = await judge({ 'a\u001b[2J.bin': snp.report }, { chains: [snpChain] });
    const text = evidenceLines(judged, true).join('\n');
    expect(text).toContain('ACCEPTED');
    expect(text).toContain(judged.pieces[0]?.answer.evidenceDigest);
    expect(text).toContain('the root of milan');
    expect(text).toMatch(/pass {10}signature /);
    expect(text).toMatch(/policy\.debug +false/);
    expect(text).toMatch(/816-1183 +368 {2}reserved/);
    expect(text).not.toContain('\u001b[2J');
    expect(evidenceLines(judged, false).join('\n')).not.toContain('reserved');
  });

  it('says that there are no such bytes, what failed, and what to do', async () => {
    const refused = await judge({ a: makeNitro({ signature: new Uint8Array(96) }) });
    const text = evidenceLines(refused, true).join('\n');
    expect(text).toMatch(/REFUSED[\s\S]*nitro\/signature-invalid[\s\S]*covers\n {2}none[\s\S]*What to do: /);
  });

  it('says why something could not be read, and shows edges', async () => {
    expect(evidenceLines(await judge({ a: utf8('hello') }), false).join('\n')).toMatch(
      /MALFORMED[\s\S]*evidence\/kind-unknown: /,
    );
    const edges = await judge({ a: makeNitro() }, { others: { ...NOTHING.others, nonce: NONCE } });
    expect(evidenceLines(edges, false).join('\n')).toMatch(
      /REFUSED[\s\S]*contradicted {2}nitro - nonce +binding\/value-mismatch/,
    );
  });
});

it.each(['', '[]x', '{"nitro":{"more":1}}', '{"tpm":{}}', '{"nitro":{},"nitro":{}}'])(
  '%s is no file of policies',
  text => {
    expect(reasonOf(() => readPolicies(utf8(text)))).toBe('evidence/policy-malformed');
  },
);
