/**
 * Which of Intel's levels a platform has reached, and what that makes of the whole. Source: Intel's Provisioning Certification Service, API
 * documentation, "Determining TCB status"; Intel SGX and TDX DCAP Quote Verification Library, §4.1.2.4.17.
 */

import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { TdReport } from './body.js';
import type { Platform } from './pck.js';
import { masked } from './qe-identity.js';
import type { PartLevel, PlatformLevel, TcbInfo, TdxModuleIdentity } from './tcb-info.js';
import {
  BELOW_ALL,
  converge,
  isOutOfDate,
  needsConfiguration,
  type TcbLevel,
  type TcbStatus,
} from './tcb-status.js';

/** What was reached by each part, and by the whole. */
export interface Tcb {
  readonly status: TcbStatus;
  /** The earliest date of the parts' levels, in Unix seconds; null where one is below all levels. */
  readonly date: number | null;
  /** Of all parts, sorted. */
  readonly advisories: readonly string[];
  readonly platform: TcbLevel;
  readonly quotingEnclave: TcbLevel;
  /** Null for SGX, and for the first version of the module, which is judged with the platform. */
  readonly module: TcbLevel | null;
}

/** The best level reached without a look at the components of TDX, and with one; null for a platform that is below all. */
export interface ReachedLevels {
  readonly sgx: PlatformLevel | null;
  readonly whole: PlatformLevel | null;
}

/** `teeTcbSvn`: of the TD report; null for SGX. */
export function reachedLevels(
  levels: readonly PlatformLevel[],
  { components, pceSvn }: Pick<Platform, 'components' | 'pceSvn'>,
  teeTcbSvn: Uint8Array | null,
): ReachedLevels {
  const reached = levels.filter(
    level => pceSvn >= level.pceSvn && level.sgx.every((least, i) => (components[i] ?? 0) >= least),
  );
  // From the second version of the module on, its own identity says what its two numbers mean.
  const from = (teeTcbSvn?.[1] ?? 0) > 0 ? 2 : 0;
  const whole = reached.find(
    ({ tdx }) =>
      teeTcbSvn === null || tdx?.every((least, i) => i < from || (teeTcbSvn[i] ?? 0) >= least) === true,
  );
  return { sgx: reached[0] ?? null, whole: whole ?? null };
}

/** The best level of a part with that security version, or null. */
export function reachedPartLevel(levels: readonly PartLevel[], isvSvn: number): PartLevel | null {
  return levels.find(level => isvSvn >= level.isvSvn) ?? null;
}

/**
 * Whether the TDX module is Intel's. Gives its identity, or null for the first version, which has none and is judged with the platform.
 *
 * Throws `tdx/module-unknown`, `tdx/module-signer-mismatch` or `tdx/module-attributes-mismatch`.
 */
export function checkModule(
  report: TdReport,
  info: Pick<TcbInfo, 'module' | 'modules'>,
): TdxModuleIdentity | null {
  const [, version = 0] = report.teeTcbSvn;
  const own = version === 0 ? null : info.modules.get(version);
  const demanded = own === null ? info.module : own;
  if (own === undefined || demanded === undefined || demanded === null)
    throw new Failure('tdx/module-unknown', { detail: `version ${version}` });
  if (!equal(report.mrSignerSeam, demanded.mrSigner))
    throw new Failure('tdx/module-signer-mismatch', { detail: toHex(report.mrSignerSeam) });
  if (!equal(masked(report.seamAttributes, demanded.attributesMask), demanded.attributes))
    throw new Failure('tdx/module-attributes-mismatch', { detail: toHex(report.seamAttributes) });
  return own;
}

/** What the parts are at: null for a part that is below all levels. */
export interface Parts {
  readonly platform: ReachedLevels;
  readonly quotingEnclave: PartLevel | null;
  /** `none` where it is judged with the platform. */
  readonly module: PartLevel | null | 'none';
}

/** What becomes of the parts together. `report`: of a trust domain; null for SGX. */
export function tcbOf(parts: Parts, info: Pick<TcbInfo, 'levels' | 'modules'>, report: TdReport | null): Tcb {
  const platform = parts.platform.whole ?? BELOW_ALL;
  const quotingEnclave = parts.quotingEnclave ?? BELOW_ALL;
  const module = parts.module === 'none' ? null : (parts.module ?? BELOW_ALL);
  const withModule = module === null ? platform.status : converge(platform.status, module.status);
  const levels = [platform, quotingEnclave, ...(module === null ? [] : [module])];
  const dates = levels.map(({ date }) => date);
  return {
    status: relaunchAdvice(parts, withModule, info, report) ?? converge(withModule, quotingEnclave.status),
    date: dates.includes(null) ? null : Math.min(...dates.map(date => date ?? 0)),
    advisories: [...new Set(levels.flatMap(({ advisories }) => advisories))].sort(),
    platform: judged(platform),
    quotingEnclave: judged(quotingEnclave),
    module: module === null ? null : judged(module),
  };
}

/** What to call a platform where only the module that has started the trust domain is out of date; null for others. */
function relaunchAdvice(
  { platform: { sgx, whole }, quotingEnclave, module }: Parts,
  withModule: TcbStatus,
  info: Pick<TcbInfo, 'levels' | 'modules'>,
  report: TdReport | null,
): TcbStatus | null {
  if (quotingEnclave?.status !== 'UpToDate' || sgx === null || whole === null || report === null) return null;
  if (isOutOfDate(sgx.status) || sgx.status === 'Revoked') return null;
  if (module === null || module === 'none' || module.status !== 'OutOfDate') return null;
  if (!isOutOfDate(withModule) || !runsLatestModule(report, info)) return null;
  return needsConfiguration(sgx.status) || needsConfiguration(withModule)
    ? 'TDRelaunchAdvisedConfigurationNeeded'
    : 'TDRelaunchAdvised';
}

/** Whether the module that runs now, which may be newer than the one that started the trust domain, is the latest. */
function runsLatestModule(
  { teeTcbSvn2 }: TdReport,
  { levels, modules }: Pick<TcbInfo, 'levels' | 'modules'>,
): boolean {
  if (teeTcbSvn2 === null) return false;
  const [isvSvn = 0, version = 0, microcode = 0] = teeTcbSvn2;
  const latest = levels[0]?.tdx;
  const least = version === 0 ? latest?.[0] : modules.get(version)?.levels[0]?.isvSvn;
  const leastMicrocode = latest?.[2];
  return (
    least !== undefined && leastMicrocode !== undefined && isvSvn >= least && microcode >= leastMicrocode
  );
}

function judged({ status, date, advisories }: TcbLevel): TcbLevel {
  return { status, date, advisories };
}
