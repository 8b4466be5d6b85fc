/**
 * A log behind HTTP, as the benchmark measures it: `POST /entries` answers when the entry is durable and under the log's signature.
 *
 * Its one argument is JSON: {folder, kind: 'opaque' | 'receipts', threads, policy: the text of a tlog-policy}. It prints its address.
 */
import { sha256 } from '../../dist/bytes/cryptography.js';
import { parsePolicy } from '../../dist/note/policy.js';
import { entryKeys } from '../../dist/receipt/entry.js';
import { tuneCollector } from '../../dist/shell/cli/collector.js';
import { HttpServer } from '../../dist/shell/http/server.js';
import { openLog } from '../../dist/shell/log/open-log.js';
import { submissionRoute } from '../../dist/shell/submission/answer.js';
import { AdmissionPool } from '../../dist/shell/submission/pool.js';
import { submissionStatus } from '../../dist/shell/submission/status.js';
import { Submissions } from '../../dist/shell/submission/submissions.js';
import { remoteWitnessesOf } from '../../dist/shell/witness/remote-witness.js';
import { firstEntries } from './first-entries.mjs';
import { issuerKey, logKey, logSigner } from './keys.mjs';

tuneCollector();
const { folder, kind, threads, policy } = JSON.parse(process.argv[2]);
const onProblem = message => process.stderr.write(`${message}\n`);
const digestKeys = entry => [sha256(entry).subarray(0, 16)];
const parsed = parsePolicy(policy);
const log = await openLog({
  folder,
  key: logKey,
  signer: logSigner,
  witnesses: remoteWitnessesOf(parsed, 1000),
  quorum: parsed.quorum,
  accepts: () => true,
  keysOf: kind === 'opaque' ? digestKeys : entryKeys,
  onProblem,
});
if (kind === 'receipts') for (const entry of firstEntries) await log.append(entry).included;
// What nobody has to understand is only told apart.
const opaque = { admit: async entry => digestKeys(entry), close: async () => undefined };
const admission = kind === 'opaque' ? opaque : new AdmissionPool(logKey.name, [issuerKey], threads);
const server = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  connections: 4096,
  routes: [submissionRoute('/entries', new Submissions(log, admission), log)],
  statusOf: submissionStatus,
  onProblem,
});
process.stdout.write(`${JSON.stringify({ address: await server.listen() })}\n`);
process.once('SIGTERM', async () => {
  await server.close();
  await admission.close();
  await log.close();
});
