/** The checks of which levels of security versions the parts of a platform have reached. */
import { equal } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { TdReport } from './body.js';
import type { Checklist } from './checklist.js';
import type { Platform } from './pck.js';
import { checkQuotingEnclave, type QeIdentity } from './qe-identity.js';
import type { Quote } from './quote.js';
import type { TcbInfo } from './tcb-info.js';
import { checkModule, type Parts, reachedLevels, reachedPartLevel, type Tcb, tcbOf } from './tcb-level.js';

/** Null for what could not be believed. */
export interface Believed {
  readonly quote: Quote;
  readonly platform: Platform | null;
  readonly info: TcbInfo | null;
  readonly identity: QeIdentity | null;
}

/** Which levels were reached; null where not all of them are known. `without`: why what rests on nothing is not checked. */
export async function checkTcb(
  list: Checklist,
  believed: Believed,
  without: ReasonCode,
): Promise<Tcb | null> {
  const { quote, platform, info, identity } = believed;
  const report = quote.body.kind === 'td' ? quote.body : null;
  const own = await list.make(
    'tcb-info-platform',
    'The TCB info is of this kind of platform.',
    info === null || platform === null
      ? null
      : () => {
          checkPlatform(info, platform, quote.tee);
          return { info, platform };
        },
    without,
  );
  const enclave = await list.make(
    'quoting-enclave',
    "The quoting enclave is Intel's.",
    identity === null
      ? null
      : () => {
          checkQuotingEnclave(quote.qeReport, identity, quote.tee);
          return identity;
        },
    without,
  );
  const reached = own && reachedLevels(own.info.levels, own.platform, report?.teeTcbSvn ?? null);
  await list.make(
    'tcb-level',
    'The platform has reached a level that Intel has published.',
    reached &&
      (() => {
        if (reached.whole === null) throw new Failure('quote/tcb-unsupported');
      }),
    without,
  );
  const quotingEnclave = enclave && reachedPartLevel(enclave.levels, quote.qeReport.isvSvn);
  await list.make(
    'qe-level',
    'The quoting enclave has reached a level that Intel has published.',
    enclave &&
      (() => {
        if (quotingEnclave === null)
          throw new Failure('quote/qe-tcb-unsupported', { detail: `${quote.qeReport.isvSvn}` });
      }),
    without,
  );
  const module = report === null ? 'none' : await checkTdxModule(list, report, own?.info ?? null, without);
  if (own === null || reached === null || enclave === null || module === 'unknown') return null;
  return tcbOf({ platform: reached, quotingEnclave, module }, own.info, report);
}

/** The level of the module; null below all, `none` where it is judged with the platform, `unknown` where it is not Intel's. */
async function checkTdxModule(
  list: Checklist,
  report: TdReport,
  info: TcbInfo | null,
  without: ReasonCode,
): Promise<Parts['module'] | 'unknown'> {
  const module = await list.make(
    'tdx-module',
    "The TDX module is Intel's.",
    info && (() => ({ identity: checkModule(report, info) })),
    without,
  );
  const [isvSvn = 0] = report.teeTcbSvn;
  const level = module?.identity ? reachedPartLevel(module.identity.levels, isvSvn) : null;
  await list.make(
    'tdx-module-level',
    'The TDX module has reached a level that Intel has published.',
    module &&
      (() => {
        if (module.identity !== null && level === null)
          throw new Failure('tdx/module-tcb-unsupported', { detail: `${isvSvn}` });
      }),
    without,
  );
  if (module === null) return 'unknown';
  return module.identity === null ? 'none' : level;
}

function checkPlatform(info: TcbInfo, platform: Platform, tee: Quote['tee']): void {
  const mismatch = (field: string) => new Failure('collateral/tcb-info-mismatch', { field });
  if (info.tee !== tee) throw mismatch('id');
  if (!equal(info.fmspc, platform.fmspc)) throw mismatch('fmspc');
  if (!equal(info.pceId, platform.pceId)) throw mismatch('pceId');
}
