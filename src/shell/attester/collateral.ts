/** What Intel publishes about a platform, for the simulated one: everything is up to date. Source: Intel's PCS API, version 4. */
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { emptyRevocationList, pemOf, signatureOf } from './certificates.js';
import { type IntelHouse, PLATFORM, type Tee } from './dcap.js';
import { SIMULATED } from './keys.js';

const DAY = 86_400;
/** Intel publishes anew every month. */
const LIFETIME = 30 * DAY;

/** JSON as verifiers take it. `at`: Unix seconds, when it is issued. */
export function collateralOf({ root, platform, tcb }: IntelHouse, tee: Tee, at: number): Uint8Array {
  const [from, until] = [Math.floor(at), Math.floor(at) + LIFETIME];
  const dates = { issueDate: iso(from), nextUpdate: iso(until), tcbEvaluationDataNumber: 17 };
  const tcbInfo = JSON.stringify({
    id: tee.toUpperCase(),
    version: 3,
    ...dates,
    ...tcbInfoOf(tee, iso(from)),
  });
  const qeIdentity = JSON.stringify({
    id: tee === 'tdx' ? 'TD_QE' : 'QE',
    version: 2,
    ...dates,
    ...identityOf(tee, iso(from)),
  });
  const signer = pemOf(tcb, root);
  const signed = (text: string) => toHex(signatureOf(tcb.keys, utf8(text)));
  return utf8(
    JSON.stringify({
      pck_crl_issuer_chain: pemOf(platform, root),
      root_ca_crl: toHex(emptyRevocationList(root, from, until)),
      pck_crl: toHex(emptyRevocationList(platform, from, until)),
      tcb_info_issuer_chain: signer,
      tcb_info: tcbInfo,
      tcb_info_signature: signed(tcbInfo),
      qe_identity_issuer_chain: signer,
      qe_identity: qeIdentity,
      qe_identity_signature: signed(qeIdentity),
    }),
  );
}

function tcbInfoOf(tee: Tee, tcbDate: string): object {
  const module = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
  const { components, pceSvn, fmspc, teeTcbSvn } = PLATFORM;
  const good = { tcbDate, tcbStatus: 'UpToDate' };
  // The second octet is the module's own version; the module is judged for itself.
  const [svn = 0, , loader = 0] = teeTcbSvn;
  const tdx = [svn, 0, loader, ...new Array<number>(13).fill(0)];
  return {
    fmspc: toHex(fmspc).toUpperCase(),
    pceId: '0000',
    tcbType: 0,
    ...(tee === 'tdx' && {
      tdxModule: module,
      tdxModuleIdentities: [{ id: 'TDX_01', ...module, tcbLevels: [{ tcb: { isvsvn: svn }, ...good }] }],
    }),
    tcbLevels: [
      {
        tcb: {
          // Whoever reads the text sees what it is.
          sgxtcbcomponents: components.map(each => ({ svn: each, category: SIMULATED })),
          pcesvn: pceSvn,
          ...(tee === 'tdx' && { tdxtcbcomponents: tdx.map(each => ({ svn: each })) }),
        },
        ...good,
      },
    ],
  };
}

function identityOf(tee: Tee, tcbDate: string): object {
  return {
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: toHex(Uint8Array.from(PLATFORM.qeAttributes)).toUpperCase(),
    attributesMask: 'FF'.repeat(16),
    mrsigner: toHex(PLATFORM.qeSigner).toUpperCase(),
    isvprodid: PLATFORM.qeProduct[tee],
    tcbLevels: [{ tcb: { isvsvn: PLATFORM.qeSvn }, tcbDate, tcbStatus: 'UpToDate' }],
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
