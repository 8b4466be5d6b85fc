import { mkdirSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCollateral, makeQuote, ROOT } from '../../../test/support/evidence/dcap.js';
import { pieceOf, testMaterial, withPiece } from '../../../test/support/evidence/material.js';
import { keyOf, keySetOf, makeNrasHouse } from '../../../test/support/evidence/nras.js';
import { makeDevice, makeInput, makeWordOfAuthorities } from '../../../test/support/evidence/nvidia.js';
import {
  asIntel,
  asNvidia,
  issuedIn,
  notFound,
  type TestPublisher,
  testPublisher,
} from '../../../test/support/evidence/publisher.js';
import { makeSnp, snpPki } from '../../../test/support/evidence/snp.js';
import { DURING, END, makeRevocationList, pem } from '../../../test/support/evidence/x509-maker.js';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { describeGenuine, genuine, genuineText } from '../../../test/support/vectors.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import type { Material } from '../../appraise/kept/material.js';
import { formatPolicy, USUAL_POLICY } from '../../appraise/kept/policy-text.js';
import { stillGoodNow } from '../../appraise/kept/standing.js';
import { fromBase64 } from '../../bytes/base64.js';
import { readDer } from '../../bytes/der.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { deviceOf } from '../../evidence/nvidia/device.js';
import { parseSpdm } from '../../evidence/nvidia/spdm.js';
import { statedFields } from '../../evidence/nvidia/stated.js';
import { statusOf } from '../../evidence/report.js';
import { SNP_AUTHORITIES } from '../../evidence/snp/authorities.js';
import { parseCertificate } from '../../evidence/x509/certificate.js';
import { formatOcspRequest, ocspSubject } from '../../evidence/x509/ocsp-request.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import '../node.js';
import { Failure } from '../../reason.js';
import { AmdCollateral } from './amd.js';
import { importCollateral } from './import.js';
import { INTEL, IntelCollateral, pccs } from './intel.js';
import { KeptAnswers } from './kept-answers.js';
import { NvidiaCollateral } from './nvidia.js';
import { Publisher } from './publisher.js';
import { Renewal } from './renewal.js';

let server: TestPublisher;
let folder: ReturnType<typeof temporaryFolder>;
let now: number;
beforeEach(async () => {
  folder = temporaryFolder();
  server = await testPublisher();
  now = DURING;
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

const publisher = (offline = false) =>
  new Publisher({ kept: new KeptAnswers(join(folder.path, 'kept')), now: () => now, offline });
const makers = (offline = false) => {
  const asks = publisher(offline);
  const { url } = server;
  return {
    intel: new IntelCollateral(asks, pccs(url)),
    amd: new AmdCollateral(asks, url),
    nvidia: new NvidiaCollateral(asks, () => now, {
      ocsp: `${url}/ocsp`,
      manifests: url,
      keys: `${url}/jwks`,
    }),
  };
};
const sends =
  (body: Uint8Array | string, type: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': type, ...headers }).end(body);

describe('Intel', () => {
  it.each(['service', 'cache'] as const)('what its %s answers is the collateral of a quote', async form => {
    for (const tee of ['tdx', 'sgx'] as const) {
      server.behave = asIntel(makeCollateral({ tee }), form);
      const quote = makeQuote({ form: tee === 'tdx' ? 'tdx-4' : 'sgx-3' });
      const { bytes, fetched } = await makers().intel.forQuote(quote);
      expect(fetched).toBe(DURING);
      const { checks } = await verifyDcap({ quote, collateral: bytes, asOf: DURING, roots: [ROOT] });
      expect(statusOf(checks)).toBe('accepted');
    }
    expect(server.asked).toContain('/tdx/certification/v4/tcb?fmspc=b0c06f000000');
    expect(server.asked).toContain('/sgx/certification/v4/qe/identity');
  });

  it('is asked at its own addresses, unless somebody says another', () => {
    expect(INTEL.service).toBe('https://api.trustedservices.intel.com');
    expect(pccs('https://cache.example').rootList).toBe(
      'https://cache.example/sgx/certification/v4/rootcacrl',
    );
  });

  const collateral = makeCollateral();
  const spoilt: readonly [string, (path: string) => RequestListener][] = [
    [
      'TCB info of another platform',
      () =>
        asIntel(
          makeCollateral({
            tcbInfo: info => {
              info.fmspc = '00906ED50000';
            },
          }),
        ),
    ],
    ['TCB info of the other kind', () => asIntel(makeCollateral({ tee: 'sgx' }))],
    [
      'no JSON',
      path =>
        path.includes('/tcb?')
          ? sends('<html>', 'application/json', { 'tcb-info-issuer-chain': 'a' })
          : asIntel(collateral),
    ],
    [
      'JSON that is no object',
      path =>
        path.includes('/tcb?')
          ? sends('[]', 'application/json', { 'tcb-info-issuer-chain': 'a' })
          : asIntel(collateral),
    ],
    [
      'a chain that is none',
      path =>
        path.includes('/qe/')
          ? sends('{}', 'application/json', { 'sgx-enclave-identity-issuer-chain': '%zz' })
          : asIntel(collateral),
    ],
    [
      'no chain',
      path => (path.includes('/pckcrl') ? sends('a', 'application/pkix-crl') : asIntel(collateral)),
    ],
    [
      'no list',
      path => (path.includes('/rootcacrl') ? sends('0a0b', 'application/pkix-crl') : asIntel(collateral)),
    ],
    [
      'a list that is no text',
      path =>
        path.includes('/rootcacrl')
          ? sends(Uint8Array.of(0xff), 'application/pkix-crl')
          : asIntel(collateral),
    ],
  ];
  it.each(spoilt)('%s: peer/answer-malformed', async (_, behave) => {
    server.behave = (request, response) => behave(request.url ?? '')(request, response);
    expect(await reasonOfAsync(() => makers().intel.forQuote(makeQuote()))).toBe('peer/answer-malformed');
  });

  it('a quote that is none is not asked about', async () => {
    expect(await reasonOfAsync(() => makers().intel.forQuote(utf8('a')))).toBe('quote/malformed');
    expect(server.asked).toEqual([]);
  });
});

describe('AMD', () => {
  const { report, signer, authority, root } = makeSnp();
  const list = makeRevocationList({ issuer: snpPki('milan').ark, thisUpdate: DURING, nextUpdate: END });
  const asAmd: RequestListener = (request, response) => {
    const url = request.url ?? '';
    if (url.endsWith('/cert_chain'))
      sends(pem(authority as Uint8Array, root as Uint8Array), 'application/x-pem-file')(request, response);
    else if (url.endsWith('/crl')) sends(list, 'application/pkix-crl')(request, response);
    else if (url.includes('blSPL=')) sends(signer.certificate, 'application/pkix-cert')(request, response);
    else notFound(response);
  };

  it('gives the certificate of a chip, those above it, and the list of its root', async () => {
    server.behave = asAmd;
    const { amd } = makers();
    expect((await amd.vcek(report)).bytes).toEqual(signer.certificate);
    expect(await amd.signers('milan')).toEqual({ authority, root, fetched: DURING });
    expect((await amd.revocations('milan')).bytes).toEqual(list);
    await amd.signers('turin', 'vlek');
    const id = toHex(report.subarray(0x1a0, 0x1e0));
    const [chip, ...others] = server.asked;
    expect(chip).toMatch(
      new RegExp(`^/vcek/v1/Milan/${id}\\?blSPL=\\d{2,3}&teeSPL=\\d{2,3}&snpSPL=\\d{2,3}&ucodeSPL=\\d{2,3}$`),
    );
    expect(others).toEqual(['/vcek/v1/Milan/cert_chain', '/vcek/v1/Milan/crl', '/vlek/v1/Turin/cert_chain']);
  });

  it('is asked for Turin by its eight octets, and with the version of its first mutable code', async () => {
    server.behave = asAmd;
    const turin = makeSnp({ product: 'turin' });
    await makers().amd.vcek(turin.report);
    expect(server.asked[0]).toMatch(/^\/vcek\/v1\/Turin\/[0-9a-f]{16}\?fmcSPL=\d\d&blSPL=/);
  });

  it('is not asked for a chip that a report does not name, nor for a line that nobody says', async () => {
    const masked = makeSnp({ edit: (_, bytes) => bytes.fill(0, 0x1a0, 0x1e0) });
    expect(await reasonOfAsync(() => makers().amd.vcek(masked.report))).toBe('snp/chip-masked');
    const old = makeSnp({ version: 2 });
    expect(await reasonOfAsync(() => makers().amd.vcek(old.report))).toBe('snp/product-mismatch');
    expect(server.asked).toEqual([]);
  });

  it('answers something else: peer/answer-malformed', async () => {
    server.behave = (request, response) =>
      sends(
        pem(authority as Uint8Array),
        request.url?.endsWith('chain') ? 'text/plain' : 'application/pkix-crl',
      )(request, response);
    const { amd } = makers();
    expect(await reasonOfAsync(() => amd.signers('milan'))).toBe('peer/answer-malformed');
    expect(await reasonOfAsync(() => amd.revocations('milan'))).toBe('peer/answer-malformed');
  });
});

describe('NVIDIA', () => {
  const house = makeDevice();
  const input = makeInput(house);
  const words = makeWordOfAuthorities(house);
  const { material, trust } = testMaterial('nvidia');

  it('gives manifests by name, and the status of certificates', async () => {
    server.behave = asNvidia(house, input, words);
    const { nvidia } = makers();
    expect((await nvidia.manifest('NV_GPU_DRIVER_GH100_1')).bytes).toEqual(input.driverManifest);
    for (const [at, [certificate, issuer]] of issuedIn(house).entries())
      expect((await nvidia.status(certificate, issuer)).bytes).toEqual(words[at]);
    for (const name of ['', '../a', 'a/b', 'a..b', 'a'.repeat(129)])
      expect(await reasonOfAsync(() => nvidia.manifest(name))).toBe('peer/answer-missing');
  });

  it('gives the keys of its attestation service, which count for an hour', async () => {
    const keys = keySetOf(keyOf(makeNrasHouse()));
    server.behave = sends(keys, 'application/json');
    expect((await makers().nvidia.keys()).bytes).toEqual(keys);
    now += 3599;
    await makers().nvidia.keys();
    expect(server.asked).toEqual(['/jwks']);
    now += 1;
    await makers().nvidia.keys();
    expect(server.asked).toHaveLength(2);
  });

  it('answers something else: peer/answer-malformed', async () => {
    const { nvidia } = makers();
    const [first, second] = issuedIn(house) as [
      ReturnType<typeof issuedIn>[0],
      ReturnType<typeof issuedIn>[0],
    ];
    server.behave = sends(words[1] as Uint8Array, 'application/ocsp-response');
    expect(await reasonOfAsync(() => nvidia.status(...first))).toBe('peer/answer-malformed');
    expect((await nvidia.status(...second)).bytes).toEqual(words[1]);
    for (const body of [
      '',
      'null',
      '{}',
      '{"rim":1}',
      '{"rim":"a"}',
      '{"rim":"AAAA"}',
      Uint8Array.of(0xff),
      '[[[[[[]]]]]]'.repeat(9),
    ]) {
      server.behave = sends(body, 'application/json');
      expect(await reasonOfAsync(() => nvidia.manifest('a'))).toBe('peer/answer-malformed');
      expect(await reasonOfAsync(() => nvidia.keys())).toBe('peer/answer-malformed');
    }
  });

  it('renews what evidence is judged with', async () => {
    server.behave = asNvidia(house, input, words);
    const problems: Error[] = [];
    const own: Material = {
      kind: 'nvidia',
      pieces: [
        { role: 'evidence', bytes: input.evidence },
        { role: 'chain', bytes: utf8(input.certificateChain as string) },
        { role: 'policy', bytes: pieceOf(material, 'policy') },
      ],
    };
    const fresh = await new Renewal(makers()).renew(own, now, problem => problems.push(problem));
    expect(problems).toEqual([]);
    const roots = { nvidia: input.roots ?? [], nvidiaReference: input.referenceRoots ?? [] };
    const judged = await stillGoodNow(own, fresh, now, roots);
    expect(judged.renewed).toEqual(['driver-manifest', 'firmware-manifest', 'ocsp']);
    const unmade = judged.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name);
    expect([judged.status, unmade]).toEqual(['accepted', ['nonce']]);
  });

  it('is asked without an answer: what was kept is taken', async () => {
    const problems: Error[] = [];
    const fresh = await new Renewal(makers()).renew(material, now, problem => problems.push(problem));
    expect(fresh).toEqual([]);
    expect(new Set(problems.map(problem => (problem as Failure).code))).toEqual(
      new Set(['peer/answer-missing']),
    );
    expect(await stillGoodNow(material, fresh, now, trust)).toMatchObject({ status: 'accepted' });
  });
});

describe('renewing', () => {
  it.each(['tdx', 'sgx', 'sev-snp', 'nitro', 'nras'] as const)('%s', async kind => {
    const { material, trust } = testMaterial(kind);
    const list = kind === 'sev-snp' ? pieceOf(material, 'revocation-list') : null;
    server.behave =
      list === null
        ? asIntel(makeCollateral({ tee: kind === 'sgx' ? 'sgx' : 'tdx' }))
        : sends(list, 'application/pkix-crl');
    const problems: Error[] = [];
    const fresh = await new Renewal(makers()).renew(material, now, problem => problems.push(problem));
    expect(problems).toEqual([]);
    const renewed = {
      tdx: ['collateral'],
      sgx: ['collateral'],
      'sev-snp': ['revocation-list'],
      nitro: [],
      nras: [],
    };
    expect(fresh.map(({ role, fetched }) => [role, fetched])).toEqual(renewed[kind].map(role => [role, now]));
    expect(await stillGoodNow(material, fresh, now, trust)).toMatchObject({
      status: 'accepted',
      renewed: renewed[kind],
    });
    expect(await new Renewal({}).renew(material, now, () => {})).toEqual([]);
  });

  it.each([
    ['sev-snp', 'vcek'],
    ['tdx', 'quote'],
    ['nvidia', 'chain'],
    ['nvidia', 'driver-manifest'],
  ] as const)('%s with a %s that cannot be read: a problem, and nothing new', async (kind, role) => {
    const problems: Error[] = [];
    const material = withPiece(testMaterial(kind).material, role, utf8('a'));
    expect(await new Renewal(makers()).renew(material, now, problem => problems.push(problem))).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toBeInstanceOf(Failure);
  });
});

describe('importing', () => {
  const put = (name: string, bytes: Uint8Array | string) => {
    mkdirSync(join(folder.path, 'in'), { recursive: true });
    writeFileSync(join(folder.path, 'in', name), bytes);
    return join(folder.path, 'in', name);
  };
  const outcomes = async (path = join(folder.path, 'in')) =>
    (await importCollateral(path, makers(true))).map(({ path, outcome }) => [
      path.split('/').at(-1),
      outcome instanceof Failure ? outcome.code : outcome,
    ]);

  it('collateral of a quote serves as if Intel had answered', async () => {
    const quote = makeQuote();
    expect(await outcomes(put('collateral.json', makeCollateral()))).toEqual([
      ['collateral.json', 'quote-collateral'],
    ]);
    const { bytes } = await makers(true).intel.forQuote(quote);
    expect(
      statusOf((await verifyDcap({ quote, collateral: bytes, asOf: DURING, roots: [ROOT] })).checks),
    ).toBe('accepted');
    expect(server.asked).toEqual([]);
  });

  it('a folder of everything', async () => {
    const house = makeDevice();
    const input = makeInput(house);
    const snp = makeSnp();
    put('a-chain.pem', input.certificateChain as string);
    const [status = new Uint8Array()] = makeWordOfAuthorities(house);
    put('b-status.der', status);
    put('c-manifest.xml', input.driverManifest as Uint8Array);
    put('d-vcek.der', snp.signer.certificate);
    put('e-vcek.pem', pem(snp.signer.certificate));
    put('f-vlek.der', makeSnp({ kind: 'vlek' }).signer.certificate);
    put('g-list.der', makeRevocationList({ issuer: house.chain[4], thisUpdate: DURING, nextUpdate: END }));
    put('h-status.der', makeWordOfAuthorities(makeDevice())[0] as Uint8Array);
    put('i-large', new Uint8Array(1024 * 1024 + 1));
    put('j-text.txt', 'nothing of the kind');
    put('k-empty', '');
    put('l.json', '{}');
    put('m.xml', '<a/>');
    const { manifests } = statedFields(
      parseSpdm(input.evidence),
      deviceOf(certificatesFromPem(input.certificateChain as string)),
    );
    put('n-firmware.xml', input.firmwareManifest as Uint8Array);
    put(`${manifests.firmware}.xml`, input.firmwareManifest as Uint8Array);
    mkdirSync(join(folder.path, 'in', 'o'));
    const unknown = 'collateral/import-unknown';
    expect((await outcomes()).toSorted()).toEqual([
      [`${manifests.firmware}.xml`, 'manifest'],
      ['a-chain.pem', 'chain'],
      ['b-status.der', 'certificate-status'],
      ['c-manifest.xml', 'manifest'],
      ['d-vcek.der', 'chip-certificate'],
      ['e-vcek.pem', 'chip-certificate'],
      ['f-vlek.der', unknown],
      ['g-list.der', unknown],
      ['h-status.der', unknown],
      ['i-large', unknown],
      ['j-text.txt', unknown],
      ['k-empty', unknown],
      ['l.json', 'collateral/malformed'],
      ['m.xml', 'nvidia/rim-malformed'],
      ['n-firmware.xml', unknown],
    ]);
    const { amd, nvidia } = makers(true);
    expect((await amd.vcek(snp.report)).bytes).toEqual(snp.signer.certificate);
    // Under the names that the device leads to.
    expect((await nvidia.manifest(manifests.driver ?? '')).bytes).toEqual(input.driverManifest);
    expect((await nvidia.manifest(manifests.firmware ?? '')).bytes).toEqual(input.firmwareManifest);
    const [, certificate, issuer] = certificatesFromPem(input.certificateChain as string);
    if (certificate === undefined || issuer === undefined) throw new Error('a chain of less than three');
    expect((await nvidia.status(certificate, issuer)).bytes).toEqual(status);
    expect(server.asked).toEqual([]);
  });

  it('a list that bears the name of AMD’s root; who has signed it is asked where it is used', async () => {
    const { subject } = parseCertificate(fromBase64(SNP_AUTHORITIES.genoa.ark) ?? new Uint8Array());
    const issuer = { name: subject, keys: snpPki('milan').ark.keys };
    const list = makeRevocationList({ issuer, thisUpdate: DURING, nextUpdate: END });
    expect(await outcomes(put('crl.der', list))).toEqual([['crl.der', 'snp-revocation-list']]);
    expect((await makers(true).amd.revocations('genoa')).bytes).toEqual(list);
    expect(await reasonOfAsync(() => makers(true).amd.revocations('milan'))).toBe('collateral/not-at-hand');
  });

  it('rejects only for what is not there', async () => {
    await expect(importCollateral(join(folder.path, 'none'), makers())).rejects.toThrow('ENOENT');
  });
});

describe('a question to an OCSP responder', () => {
  it('is DER as RFC 6960 has it, whatever the serial number', () => {
    const [certificate, issuer] = makeDevice().chain.map(({ certificate }) => parseCertificate(certificate));
    if (certificate === undefined || issuer === undefined) throw new Error('no chain');
    const subject = ocspSubject(certificate, issuer);
    for (const [serial, encoded] of [
      [[], '020100'],
      [[0x7f], '02017f'],
      [[0x80], '02020080'],
      [[1, 2], '02020102'],
      [Array.from({ length: 20 }, () => 0x11), `0214${'11'.repeat(20)}`],
    ] as const) {
      const request = toHex(formatOcspRequest({ ...subject, serial: Uint8Array.from(serial) }));
      expect(readDer(fromHex(request) ?? new Uint8Array()).whole).toHaveLength(request.length / 2);
      expect(request.endsWith(encoded)).toBe(true);
      expect(request).toContain(`0430${toHex(subject.issuerNameHash)}0430${toHex(subject.issuerKeyHash)}`);
    }
    expect(reasonOf(() => parseCertificate(formatOcspRequest(subject)))).toBe('certificate/malformed');
  });
});

describeGenuine('genuine collateral', () => {
  const THEN = Date.parse('2025-07-01T00:00:00Z') / 1000;

  it.each(['tdx_quote', 'sgx_quote'])('%s: imported or asked for, it is what was signed', async name => {
    now = THEN;
    const quote = genuine(`tdx/${name}`);
    const collateral = genuine(`tdx/${name}_collateral.json`);
    const expected = (await verifyDcap({ quote, collateral, asOf: THEN })).checks;
    server.behave = asIntel(collateral);
    const asked = await makers().intel.forQuote(quote);
    expect((await verifyDcap({ quote, collateral: asked.bytes, asOf: THEN })).checks).toEqual(expected);
    folder.remove();
    folder = temporaryFolder();
    await makers(true).intel.takeIn(collateral);
    const imported = await makers(true).intel.forQuote(quote);
    expect(imported.bytes).toEqual(asked.bytes);
    // What was kept so long ago is of no use now.
    now = Date.parse('2026-11-29T00:00:00Z') / 1000;
    expect(await reasonOfAsync(() => makers(true).intel.forQuote(quote))).toBe('collateral/not-at-hand');
  });

  it.each(['milan', 'genoa', 'turin'] as const)(
    '%s: a chip’s certificate is found by a report',
    async product => {
      const text = genuineText(`sev-snp/${product}_vcek.pem`);
      const [certificate] = certificatesFromPem(text);
      if (certificate === undefined) throw new Error('no certificate');
      now = certificate.notBefore + 1000;
      writeFileSync(join(folder.path, 'vcek.pem'), text);
      const [imported] = await importCollateral(join(folder.path, 'vcek.pem'), makers(true));
      expect(imported?.outcome).toBe('chip-certificate');
      const report = genuine(`sev-snp/${product}_attestation_report.bin`);
      const { bytes } = await makers(true).amd.vcek(report, product);
      const material: Material = {
        kind: 'sev-snp',
        pieces: [
          { role: 'report', bytes: report },
          { role: 'vcek', bytes },
          { role: 'policy', bytes: formatPolicy('sev-snp', USUAL_POLICY['sev-snp']) },
        ],
      };
      const { checks } = await judgeEvidence(material, now);
      expect(
        checks.filter(({ name }) => name === 'chip' || name === 'tcb').map(({ status }) => status),
      ).toEqual(['pass', 'pass']);
      expect(bytes).toEqual(certificate.bytes);
    },
  );
});
