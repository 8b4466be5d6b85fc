/** What is counted of each exchange, of each answer, and of each attestation of an upstream. */
import type { AnsweredRequest, ExchangeReport, ReportedAttestation } from '../../receipt/exchange-report.js';
import type { Registry } from './registry.js';

/** Where nobody was asked, as for a request that was refused. */
const NOBODY = 'none';

export function countExchange(registry: Registry, report: ExchangeReport): void {
  const { surface, status, reason, received, firstByte, ended, attempts, usage, unsealed } = report;
  const upstream = attempts.at(-1)?.upstream ?? NOBODY;
  registry.add('countersign_exchanges_total', [surface, upstream, status]);
  registry.observe('countersign_exchange_seconds', [surface, upstream], Math.max(0, ended - received) / 1000);
  if (firstByte !== null)
    registry.observe(
      'countersign_first_token_seconds',
      [surface, upstream],
      Math.max(0, firstByte - received) / 1000,
    );
  if (reason !== null) registry.add('countersign_exchange_failures_total', [reason]);
  for (const attempt of attempts)
    registry.add('countersign_attempts_total', [
      attempt.upstream,
      attempt.reason === null ? 'answered' : 'failed',
    ]);
  if (usage?.prompt_tokens !== undefined)
    registry.add('countersign_tokens_total', [upstream, 'prompt'], usage.prompt_tokens);
  if (usage?.completion_tokens !== undefined)
    registry.add('countersign_tokens_total', [upstream, 'completion'], usage.completion_tokens);
  if (unsealed === null) registry.add('countersign_receipts_sealed_total', []);
  else registry.add('countersign_receipts_unsealed_total', [unsealed]);
}

export function countAnswer(registry: Registry, { route, status, reason }: AnsweredRequest): void {
  registry.add('countersign_answers_total', [route, String(status)]);
  if (reason !== null) registry.add('countersign_refusals_total', [reason]);
}

export function countAttestation(registry: Registry, { upstream, reason }: ReportedAttestation): void {
  registry.add('countersign_attestations_total', [upstream, reason ?? 'accepted']);
}
