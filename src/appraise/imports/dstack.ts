/** What imports of everything that runs on dstack have in common. */
import type { TdReport } from '../../evidence/dcap/body.js';
import { checkDeployment, type DeploymentParts } from '../../evidence/dstack/deployment.js';
import { type EvidenceCheck, made, notMade } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import type { Appraised } from '../evidence/appraised.js';

export function missing<Name extends string>(name: Name, part: string): EvidenceCheck<Name> {
  return notMade(name, 'import/part-missing', part);
}

/** What the trust domain states about itself; null where it is none. */
export function tdReportOf({ report }: Appraised): TdReport | null {
  return report.kind === 'tdx' && report.fields.body.kind === 'td' ? report.fields.body : null;
}

/** Whether the event log adds up to what the quote has, and names the compose file that came with it. */
export async function deploymentCheck<Name extends string>(
  name: Name,
  body: TdReport | null,
  deployment: Omit<DeploymentParts, 'body'> | null,
): Promise<EvidenceCheck<Name>> {
  if (deployment === null) return missing(name, 'event log and compose file');
  return made(name, 'The compose file is the one that was measured when the trust domain started.', () => {
    if (body === null) throw new Failure('dstack/log-mismatch', { field: 'RTMR3' });
    checkDeployment({ body, ...deployment });
  });
}
