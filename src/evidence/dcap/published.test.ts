/** TCB info and identities of quoting enclaves, as Intel signs them and as it would not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Loose, qeIdentityOf, tcbInfoOf } from '../../../test/support/evidence/dcap.js';
import { failureOf } from '../../../test/support/failure.js';
import { describeGenuine, genuineText } from '../../../test/support/vectors.js';
import { readQeIdentity } from './qe-identity.js';
import { MAX_SIGNED_JSON, readSignedJson } from './signed-json.js';
import { readTcbInfo } from './tcb-info.js';

const set =
  (path: string, value: unknown) =>
  (json: Loose): void => {
    const names = path.split('.');
    const last = names.pop() as string;
    const parent = names.reduce((inner, name) => inner[name], json);
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  };

const INFO: readonly (readonly [path: string, value: unknown])[] = [
  ['id', 'QE'],
  ['version', 2],
  ['version', '3'],
  ['tcbType', 1],
  ['issueDate', '2025-06-19'],
  ['issueDate', '2025-06-31T00:00:00Z'],
  ['nextUpdate', '2025-06-19T10:56:11+00:00'],
  ['nextUpdate', undefined],
  ['fmspc', 'B0C06F0000'],
  ['fmspc', 'B0C06F00000G'],
  ['pceId', 0],
  ['tcbEvaluationDataNumber', -1],
  ['tcbEvaluationDataNumber', 1.5],
  ['tcbLevels', []],
  ['tcbLevels', {}],
  ['tcbLevels.0', null],
  ['tcbLevels.0.tcb', []],
  ['tcbLevels.0.tcb.pcesvn', 65_536],
  ['tcbLevels.0.tcb.sgxtcbcomponents', undefined],
  ['tcbLevels.0.tcb.sgxtcbcomponents', new Array(15).fill({ svn: 0 })],
  ['tcbLevels.0.tcb.tdxtcbcomponents', new Array(17).fill({ svn: 0 })],
  ['tcbLevels.0.tcb.sgxtcbcomponents.3', { svn: 256 }],
  ['tcbLevels.0.tcb.sgxtcbcomponents.3', {}],
  ['tcbLevels.0.tcbStatus', 'uptodate'],
  ['tcbLevels.0.tcbStatus', 'toString'],
  ['tcbLevels.0.tcbDate', null],
  ['tcbLevels.0.advisoryIDs', 'INTEL-SA-00615'],
  ['tcbLevels.0.advisoryIDs', ['INTEL SA']],
  ['tcbLevels.0.advisoryIDs', new Array(257).fill('A')],
  ['tdxModule', undefined],
  ['tdxModule.mrsigner', '00'.repeat(32)],
  ['tdxModule.attributesMask', '00'],
  ['tdxModuleIdentities', []],
  ['tdxModuleIdentities.0.id', 'TDX_1'],
  ['tdxModuleIdentities.0.tcbLevels', []],
  ['tdxModuleIdentities.0.tcbLevels.0.tcb.isvsvn', 65_536],
  ['tdxModuleIdentities.0.tcbLevels.0.tcbStatus', 'SWHardeningNeeded'],
];

const IDENTITY: readonly (readonly [path: string, value: unknown])[] = [
  ['id', 'QVE'],
  ['version', 1],
  ['issueDate', undefined],
  ['nextUpdate', 1_760_000_000],
  ['miscselect', '000000'],
  ['miscselectMask', undefined],
  ['attributes', '11'],
  ['attributesMask', null],
  ['mrsigner', 'DC'.repeat(48)],
  ['isvprodid', 65_536],
  ['tcbLevels', undefined],
  ['tcbLevels.0.tcb.isvsvn', '8'],
  ['tcbLevels.0.tcbStatus', 'ConfigurationNeeded'],
];

const text = (json: Loose, change: (json: Loose) => void = () => undefined): string => {
  change(json);
  return JSON.stringify(json);
};

describe('TCB info', () => {
  it.each(['sgx', 'tdx'] as const)('for %s is read', tee => {
    const info = readTcbInfo(text(tcbInfoOf(tee)));
    expect(info).toMatchObject({ tee, evaluation: 17, pceId: new Uint8Array(2) });
    expect(info.levels.map(({ status }) => status)).toEqual(['UpToDate', 'OutOfDate']);
    expect(info.levels[0]?.tdx).toEqual(tee === 'sgx' ? null : [5, 0, 3, ...new Array(13).fill(0)]);
    expect([...info.modules.keys()]).toEqual(tee === 'sgx' ? [] : [1]);
  });

  it('may have members that we do not know, and need have no identities of modules', () => {
    const info = readTcbInfo(
      text(tcbInfoOf('tdx'), json => {
        json.tcbLevels[0].tcb.sgxtcbcomponents[0].category = 'BIOS';
        delete json.tdxModuleIdentities;
      }),
    );
    expect(info.modules.size).toBe(0);
  });

  it.each(INFO)('is refused where %s is %j', (path, value) => {
    const failure = failureOf(() => readTcbInfo(text(tcbInfoOf('tdx'), set(path, value))));
    expect(failure.code).toBe('collateral/tcb-info-malformed');
    expect(failure.field).toMatch(/^[A-Za-z0-9.[\]]+$/);
  });

  it('is refused with a module twice', () => {
    const twice = text(tcbInfoOf('tdx'), json =>
      json.tdxModuleIdentities.push({ ...json.tdxModuleIdentities[0], id: 'TDX_01' }),
    );
    expect(failureOf(() => readTcbInfo(twice)).code).toBe('collateral/tcb-info-malformed');
  });
});

describe('the identity of a quoting enclave', () => {
  it.each(['sgx', 'tdx'] as const)('for %s is read', tee => {
    const identity = readQeIdentity(text(qeIdentityOf(tee)));
    expect(identity).toMatchObject({
      tee,
      isvProdId: tee === 'sgx' ? 1 : 2,
      miscSelectMask: new Uint8Array(4).fill(255),
    });
    expect(identity.levels.map(({ isvSvn }) => isvSvn)).toEqual([8, 6]);
  });

  it.each(IDENTITY)('is refused where %s is %j', (path, value) => {
    const failure = failureOf(() => readQeIdentity(text(qeIdentityOf('tdx'), set(path, value))));
    expect(failure.code).toBe('collateral/qe-identity-malformed');
    expect(failure.field).toMatch(/^[A-Za-z0-9.[\]]+$/);
  });
});

describe('JSON that is signed', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['white space', '{"a": 1}'],
    ['white space around', ' {"a":1}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, further down', '{"b":[{"a":1,"a":2}]}'],
    ['another spelling of a number', '{"a":1.0}'],
    ['another spelling of a text', '{"\\u0061":1}'],
    ['a lone surrogate', '{"a":"\ud800"}'],
    ['more depth than any', '['.repeat(3000) + ']'.repeat(3000)],
    ['more members than any', `{${Array.from({ length: 20_001 }, (_, i) => `"a${i}":1`).join()}}`],
    ['more text than any', `"${'a'.repeat(MAX_SIGNED_JSON)}"`],
  ])('is refused with %s', (_what, json) => {
    expect(failureOf(() => readSignedJson(json, 'collateral/tcb-info-malformed')).code).toBe(
      'collateral/tcb-info-malformed',
    );
  });

  it('has only members of its own', () => {
    for (const name of ['toString', '__proto__', 'constructor', 'length'])
      expect(readSignedJson('{"a":1}', 'collateral/tcb-info-malformed').member(name).isAbsent).toBe(true);
  });

  it('has the times that calendars have, and no others', () => {
    const time = (written: string) =>
      readSignedJson(JSON.stringify(written), 'collateral/tcb-info-malformed').time();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), seconds => {
        expect(time(new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'))).toBe(seconds);
      }),
    );
    for (const written of [
      '2025-02-29T00:00:00Z',
      '2025-13-01T00:00:00Z',
      '2025-01-01T24:00:00Z',
      '2025-01-01T00:00:60Z',
    ])
      expect(failureOf(() => time(written)).code).toBe('collateral/tcb-info-malformed');
  });
});

describeGenuine('what Intel has published', () => {
  it.each(['tdx_quote', 'tdx_quote_outdated', 'sgx_quote'])('of %s is read', name => {
    const members = JSON.parse(genuineText(`tdx/${name}_collateral.json`)) as Record<string, string>;
    const [info, identity] = [readTcbInfo(members.tcb_info ?? ''), readQeIdentity(members.qe_identity ?? '')];
    expect(info.tee).toBe(identity.tee);
    expect(info.levels.length).toBeGreaterThan(1);
    expect(info.nextUpdate).toBeGreaterThan(info.issueDate);
  });
});
