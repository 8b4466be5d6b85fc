import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COMPONENTS,
  type Loose,
  makeQuote,
  PCE_SVN,
  TEE_TCB_SVN,
  tcbInfoOf,
} from '../../../test/support/evidence/dcap.js';
import type { TdReport } from './body.js';
import { parseQuote } from './quote.js';
import { type PartLevel, type PlatformLevel, readTcbInfo, type TcbInfo } from './tcb-info.js';
import { checkModule, type Parts, reachedLevels, reachedPartLevel, tcbOf } from './tcb-level.js';
import {
  BELOW_ALL,
  converge,
  PART_STATUSES,
  type PartStatus,
  type PlatformStatus,
  TCB_STATUSES,
  type TcbStatus,
} from './tcb-status.js';

const info = (change: (json: Loose) => void = () => undefined): TcbInfo => {
  const json = tcbInfoOf('tdx');
  change(json);
  return readTcbInfo(JSON.stringify(json));
};
const INFO = info();
const [BEST, LOWEST] = INFO.levels as readonly [PlatformLevel, PlatformLevel];
const at = (change: Partial<Record<number, number>> = {}, pceSvn = PCE_SVN) => ({
  components: COMPONENTS.map((svn, i) => change[i] ?? svn),
  pceSvn,
});
const tee = (change: Partial<Record<number, number>> = {}) =>
  Uint8Array.from(TEE_TCB_SVN.map((svn, i) => change[i] ?? svn));

describe('the level of a platform', () => {
  it.each<[string, ReturnType<typeof at>, Uint8Array | null, PlatformLevel | null, PlatformLevel | null]>([
    ['as good as the best', at(), tee(), BEST, BEST],
    ['better than the best', at({ 0: 255, 15: 255 }, 65_535), tee({ 2: 255 }), BEST, BEST],
    ['one component lower', at({ 0: 2 }), tee(), LOWEST, LOWEST],
    [
      'one component lower and all others higher',
      { components: [2, ...new Array(15).fill(255)], pceSvn: PCE_SVN },
      tee(),
      LOWEST,
      LOWEST,
    ],
    ['an older PCE', at({}, 12), tee(), LOWEST, LOWEST],
    ['older microcode for TDX', at(), tee({ 2: 2 }), BEST, LOWEST],
    ['the version of the module does not count', at(), tee({ 0: 0 }), BEST, BEST],
    ['that of the first module does', at(), tee({ 0: 4, 1: 0 }), BEST, null],
    ['the first module, new enough', at(), tee({ 0: 5, 1: 0 }), BEST, BEST],
    ['below all for SGX', at({ 7: 4 }), tee(), null, null],
    ['below all for TDX', at(), tee({ 2: 1 }), BEST, null],
    ['below all by its PCE', at({}, 10), tee(), null, null],
    ['an enclave: TDX does not count', at(), null, BEST, BEST],
  ])('%s', (_what, platform, teeTcbSvn, sgx, whole) => {
    expect(reachedLevels(INFO.levels, platform, teeTcbSvn)).toEqual({ sgx, whole });
  });

  it('never gets worse by an update', () => {
    const svn = fc.nat({ max: 7 });
    const svns = fc.array(svn, { minLength: 16, maxLength: 16 });
    const place = ({ sgx, whole }: ReturnType<typeof reachedLevels>) =>
      [sgx, whole].map(level => (level === null ? INFO.levels.length : INFO.levels.indexOf(level)));
    fc.assert(
      fc.property(svns, fc.nat({ max: 20 }), svns, svns, (components, pceSvn, module, more) => {
        const before = place(reachedLevels(INFO.levels, { components, pceSvn }, Uint8Array.from(module)));
        const after = place(
          reachedLevels(
            INFO.levels,
            { components: components.map((own, i) => own + (more[i] ?? 0)), pceSvn: pceSvn + 1 },
            // Another version of the module is another module.
            Uint8Array.from(module, (own, i) => (i === 1 ? own : own + (more[i] ?? 0))),
          ),
        );
        for (const [i, reached] of after.entries()) expect(reached).toBeLessThanOrEqual(before[i] ?? -1);
      }),
    );
  });

  it('of a part is the first that its version reaches', () => {
    const levels = INFO.modules.get(1)?.levels ?? [];
    expect([7, 6, 5, 4, 3].map(isvSvn => reachedPartLevel(levels, isvSvn)?.isvSvn ?? null)).toEqual([
      6,
      6,
      4,
      4,
      null,
    ]);
  });
});

describe('the status of the whole', () => {
  const OUTDATED: Readonly<Record<PlatformStatus, TcbStatus>> = {
    UpToDate: 'OutOfDate',
    SWHardeningNeeded: 'OutOfDate',
    ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
    ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
    OutOfDate: 'OutOfDate',
    OutOfDateConfigurationNeeded: 'OutOfDateConfigurationNeeded',
    Revoked: 'Revoked',
  };

  it.each(TCB_STATUSES)('%s with a part in each status', status => {
    expect(converge(status, 'UpToDate')).toBe(status);
    expect(converge(status, 'OutOfDate')).toBe(OUTDATED[status]);
    expect(converge(status, 'Revoked')).toBe('Revoked');
  });

  it('does not depend on the order of its parts, nor on how often one is counted', () => {
    for (const status of TCB_STATUSES)
      for (const a of PART_STATUSES)
        for (const b of PART_STATUSES) {
          expect(converge(converge(status, a), b)).toBe(converge(converge(status, b), a));
          expect(converge(converge(status, a), a)).toBe(converge(status, a));
        }
  });
});

describe('the TDX module', () => {
  const body = (version: number) => {
    const { body } = parseQuote(makeQuote({ body: report => report.fill(version, 1, 2) }));
    return body as TdReport;
  };

  it('of a later version has an identity of its own, of the first none', () => {
    expect(checkModule(body(1), INFO)).toBe(INFO.modules.get(1));
    expect(checkModule(body(0), INFO)).toBeNull();
  });

  it('is compared in the bits that count', () => {
    const masked = info(json => {
      json.tdxModuleIdentities[0].attributesMask = '00FFFFFFFFFFFFFF';
    });
    const report = { ...body(1), seamAttributes: Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0) };
    expect(checkModule(report, masked)).not.toBeNull();
    expect(() => checkModule(report, INFO)).toThrow('tdx/module-attributes-mismatch');
  });

  it("of the first version must be Intel's as well", () => {
    expect(() => checkModule({ ...body(0), mrSignerSeam: new Uint8Array(48).fill(1) }, INFO)).toThrow(
      'tdx/module-signer-mismatch',
    );
  });
});

describe('advice to start a trust domain again', () => {
  const part = (status: PartStatus, isvSvn = 4): PartLevel => ({ status, isvSvn, date: 5, advisories: [] });
  const level = (status: PlatformStatus): PlatformLevel => ({ ...BEST, status });
  const report = (svn2: Partial<Record<number, number>>): TdReport => ({
    ...(parseQuote(makeQuote({ form: 'tdx-5-1.5' })).body as TdReport),
    teeTcbSvn2: tee(svn2),
  });
  const OLD: Parts = {
    platform: { sgx: BEST, whole: BEST },
    quotingEnclave: part('UpToDate'),
    module: part('OutOfDate'),
  };

  it.each<[string, Partial<Parts>, TdReport, TcbStatus]>([
    ['only the module is out of date', {}, report({}), 'TDRelaunchAdvised'],
    [
      'and there is something to configure',
      { platform: { sgx: level('ConfigurationNeeded'), whole: level('ConfigurationNeeded') } },
      report({}),
      'TDRelaunchAdvisedConfigurationNeeded',
    ],
    [
      'and software to harden',
      { platform: { sgx: level('SWHardeningNeeded'), whole: level('SWHardeningNeeded') } },
      report({}),
      'TDRelaunchAdvised',
    ],
    [
      'the level with TDX is out of date, that of SGX is not',
      { platform: { sgx: BEST, whole: LOWEST } },
      report({}),
      'TDRelaunchAdvised',
    ],
    ['a module of the first version runs now, new enough', {}, report({ 0: 5, 1: 0 }), 'TDRelaunchAdvised'],
    ['a module of the first version runs now, too old', {}, report({ 0: 4, 1: 0 }), 'OutOfDate'],
    ['the module that runs now is too old', {}, report({ 0: 5 }), 'OutOfDate'],
    ['the module that runs now is unknown', {}, report({ 1: 9 }), 'OutOfDate'],
    ['the microcode that runs now is too old', {}, report({ 2: 2 }), 'OutOfDate'],
    ['the report is of 1.0', {}, { ...report({}), teeTcbSvn2: null }, 'OutOfDate'],
    [
      'the platform is out of date as well',
      { platform: { sgx: LOWEST, whole: LOWEST } },
      report({}),
      'OutOfDate',
    ],
    [
      'the platform is revoked',
      { platform: { sgx: level('Revoked'), whole: level('Revoked') } },
      report({}),
      'Revoked',
    ],
    [
      'the quoting enclave is out of date as well',
      { quotingEnclave: part('OutOfDate') },
      report({}),
      'OutOfDate',
    ],
    ['the quoting enclave is revoked', { quotingEnclave: part('Revoked') }, report({}), 'Revoked'],
    ['the quoting enclave is below all levels', { quotingEnclave: null }, report({}), 'OutOfDate'],
    ['the module is revoked', { module: part('Revoked') }, report({}), 'Revoked'],
    ['the module is below all levels', { module: null }, report({}), 'OutOfDate'],
    [
      'the module is judged with the platform',
      { module: 'none', platform: { sgx: BEST, whole: LOWEST } },
      report({}),
      'OutOfDate',
    ],
    ['the platform is below all levels', { platform: { sgx: BEST, whole: null } }, report({}), 'OutOfDate'],
    ['nothing is out of date', { module: part('UpToDate', 6) }, report({}), 'UpToDate'],
  ])('%s', (_what, parts, td, status) => {
    expect(tcbOf({ ...OLD, ...parts }, INFO, td).status).toBe(status);
  });
});

describe('date and advisories of the whole', () => {
  const parts: Parts = {
    platform: { sgx: LOWEST, whole: LOWEST },
    quotingEnclave: { status: 'UpToDate', isvSvn: 1, date: 7, advisories: ['B', 'A'] },
    module: 'none',
  };

  it('are the earliest and all of them, each once and sorted', () => {
    const tcb = tcbOf(
      { ...parts, module: { status: 'UpToDate', isvSvn: 1, date: 9, advisories: ['A'] } },
      INFO,
      null,
    );
    expect(tcb).toMatchObject({ date: 7, advisories: ['A', 'B', 'INTEL-SA-00837', 'INTEL-SA-01036'] });
  });

  it('there is no date where a part is below all levels', () => {
    expect(tcbOf({ ...parts, quotingEnclave: null }, INFO, null)).toMatchObject({
      date: null,
      quotingEnclave: BELOW_ALL,
    });
  });
});
