/**
 * TCB info: what Intel publishes about every level of security versions of one kind of platform. Source: Intel's Provisioning Certification
 * Service, API documentation version 4, "Get TCB info" (SGX and TDX), version 3 of the structure.
 */
import { type JsonMember, readSignedJson } from './signed-json.js';
import {
  PART_STATUSES,
  type PartStatus,
  type PlatformStatus,
  TCB_STATUSES,
  type TcbLevel,
} from './tcb-status.js';

export interface TcbInfo {
  readonly tee: 'sgx' | 'tdx';
  /** Unix seconds. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  /** Grows whenever Intel judges its platforms anew. */
  readonly evaluation: number;
  /** From the best to the worst, as Intel sorts them. */
  readonly levels: readonly PlatformLevel[];
  /** Only for TDX. */
  readonly module: TdxModule | null;
  /** Modules of later versions, by the number in their name. Only for TDX. */
  readonly modules: ReadonlyMap<number, TdxModuleIdentity>;
}

export interface PlatformLevel extends TcbLevel<PlatformStatus> {
  /** The least security version of each of 16 components. */
  readonly sgx: readonly number[];
  /** The same for the components of TDX; null in TCB info of SGX. */
  readonly tdx: readonly number[] | null;
  readonly pceSvn: number;
}

/** A level of what has one security version only: a quoting enclave, a module. */
export interface PartLevel extends TcbLevel<PartStatus> {
  readonly isvSvn: number;
}

/** What a TDX module must be. */
export interface TdxModule {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
}

export interface TdxModuleIdentity extends TdxModule {
  readonly levels: readonly PartLevel[];
}

const CODE = 'collateral/tcb-info-malformed';
const MAX_LEVELS = 128;
const MAX_MODULES = 32;
const MAX_ADVISORIES = 256;

/** Throws `collateral/tcb-info-malformed` naming the member. The signature is whoever asks's to check, over the same text. */
export function readTcbInfo(text: string): TcbInfo {
  const info = readSignedJson(text, CODE);
  const tee = info.member('id').oneOf(['SGX', 'TDX']) === 'SGX' ? 'sgx' : 'tdx';
  info.member('version').oneOfNumbers([3]);
  info.member('tcbType').oneOfNumbers([0]);
  const modules = new Map<number, TdxModuleIdentity>();
  if (tee === 'tdx' && !info.member('tdxModuleIdentities').isAbsent)
    for (const identity of info.member('tdxModuleIdentities').list(1, MAX_MODULES)) {
      const number = Number.parseInt(
        identity
          .member('id')
          .text(/^TDX_[0-9A-Fa-f]{2}$/)
          .slice(4),
        16,
      );
      if (modules.has(number)) throw identity.refused('a module twice');
      modules.set(number, { ...readModule(identity), levels: readPartLevels(identity) });
    }
  return {
    tee,
    issueDate: info.member('issueDate').time(),
    nextUpdate: info.member('nextUpdate').time(),
    fmspc: info.member('fmspc').bytes(6),
    pceId: info.member('pceId').bytes(2),
    evaluation: info.member('tcbEvaluationDataNumber').number(0xffffffff),
    levels: info
      .member('tcbLevels')
      .list(1, MAX_LEVELS)
      .map(level => readPlatformLevel(level, tee)),
    module: tee === 'tdx' ? readModule(info.member('tdxModule')) : null,
    modules,
  };
}

/** The levels of a quoting enclave or a module, from the best to the worst. Throws the code of the member. */
export function readPartLevels(part: JsonMember): readonly PartLevel[] {
  return part
    .member('tcbLevels')
    .list(1, MAX_LEVELS)
    .map(level => ({
      isvSvn: level.member('tcb').member('isvsvn').number(0xffff),
      status: level.member('tcbStatus').oneOf(PART_STATUSES),
      ...dateAndAdvisories(level),
    }));
}

function readPlatformLevel(level: JsonMember, tee: TcbInfo['tee']): PlatformLevel {
  const tcb = level.member('tcb');
  const components = (name: string) =>
    tcb
      .member(name)
      .list(16, 16)
      .map(component => component.member('svn').number(0xff));
  return {
    sgx: components('sgxtcbcomponents'),
    tdx: tee === 'tdx' ? components('tdxtcbcomponents') : null,
    pceSvn: tcb.member('pcesvn').number(0xffff),
    status: level.member('tcbStatus').oneOf(TCB_STATUSES),
    ...dateAndAdvisories(level),
  };
}

function dateAndAdvisories(level: JsonMember): {
  readonly date: number;
  readonly advisories: readonly string[];
} {
  const advisories = level.member('advisoryIDs');
  return {
    date: level.member('tcbDate').time(),
    advisories: advisories.isAbsent
      ? []
      : advisories.list(0, MAX_ADVISORIES).map(advisory => advisory.text(/^[A-Za-z0-9-]{1,32}$/)),
  };
}

function readModule(module: JsonMember): TdxModule {
  return {
    mrSigner: module.member('mrsigner').bytes(48),
    attributes: module.member('attributes').bytes(8),
    attributesMask: module.member('attributesMask').bytes(8),
  };
}
