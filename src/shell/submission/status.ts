/** What a refused submission is answered with. Source: spec/submission.md. */
import type { ReasonCode } from '../../reason.js';

/** The HTTP status of what an entry can be refused for. */
export function submissionStatus(code: ReasonCode): number | undefined {
  return STATUS.get(code) ?? MALFORMED.find(family => code.startsWith(family.prefix))?.status;
}

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['envelope/issuer-unknown', 403],
  ['envelope/signature-invalid', 403],
  ['envelope/issuer-mismatch', 403],
  ['receipt/log-mismatch', 403],
  ['log/entry-too-large', 413],
  ['request/too-many-entries', 413],
  ['log/busy', 429],
  ['log/unavailable', 503],
  ['request/parameter-invalid', 400],
]);

/** Whatever else an entry is refused for: it is not one. */
const MALFORMED = [
  ...[
    'json/',
    'envelope/',
    'entry/',
    'receipt/',
    'acceptance/',
    'closing/',
    'key/',
    'statement/',
    'verdict/',
  ],
].map(prefix => ({ prefix, status: 400 }));
