/** What a client checks when time has passed: that every receipt it holds was included and witnessed, in a log that has one history. */
import { Failure } from '../reason.js';
import { CheckpointWatch } from './checkpoint-watch.js';
import { Alarm, type Finding, isAlarming, type LaterCheck } from './finding.js';
import { logAddress } from './gateway-address.js';
import type { KeptExchanges } from './kept-exchanges.js';
import { checkRecord, type RecordRules } from './record-check.js';

export interface LaterRules extends RecordRules {
  readonly kept: KeptExchanges;
  /** Told at once of each finding; `throw`: nobody is, and the whole check ends in an alarm. */
  readonly onFinding: 'throw' | ((finding: Finding) => void);
}

/** A gateway lets each of them wait for ten seconds. */
const AT_A_TIME = 8;

/** Which of the exchanges that are open a check is about. */
export type Choice = (open: readonly string[]) => readonly string[];

/** Rejects with an {@link Alarm} where nobody is told of an omission or a fork. */
export async function checkLater(rules: LaterRules, choose: Choice = open => open): Promise<LaterCheck> {
  const { kept, trust, ask, mirrors, onFinding } = rules;
  const watch = new CheckpointWatch(trust, ask);
  const witnessed: string[] = [];
  const open: string[] = [];
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    findings.push(finding);
    if (onFinding !== 'throw') onFinding(finding);
  };
  const gateways = new Set<string>();

  const checkOne = async (exchange: string) => {
    try {
      const record = await kept.find(exchange);
      if (record === null) return;
      gateways.add(record.gateway);
      const { kept: known, settled, findings: wrong } = await checkRecord(record, rules, watch);
      await (settled ? kept.settle(known) : kept.keep(known));
      (settled ? witnessed : open).push(exchange);
      for (const finding of wrong) found(finding);
    } catch (error) {
      // One damaged record does not keep the others from being checked.
      if (!(error instanceof Failure)) throw error;
      open.push(exchange);
      const { code, message } = error;
      found({ kind: 'unresolved', code, says: message, exchange, evidence: null, held: null });
    }
  };

  const waiting = [...choose(await kept.open())];
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await checkOne(next);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));

  for (const log of [...[...gateways].map(logAddress), ...mirrors]) await watch.look(log);
  for (const finding of await watch.compare(kept)) found(finding);
  const result: LaterCheck = { outcome: outcomeOf(open, findings), witnessed, open, findings };
  if (result.outcome === 'alarm' && onFinding === 'throw') throw new Alarm(result);
  return result;
}

function outcomeOf(open: readonly string[], findings: readonly Finding[]): LaterCheck['outcome'] {
  if (findings.some(isAlarming)) return 'alarm';
  return open.length > 0 || findings.length > 0 ? 'open' : 'settled';
}
