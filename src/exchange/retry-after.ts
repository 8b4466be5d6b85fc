/** When an upstream wants to be asked again: `Retry-After` (RFC 9110 §10.2.3), and the `retry-after-ms` that some have beside it. */

/**
 * Milliseconds from `now` (milliseconds since 1970) until the upstream wants to be asked again, never below 0; null when it does not say, or
 * says something that means nothing.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | null {
  const exact = headers['retry-after-ms'];
  if (exact !== undefined && /^[0-9]{1,10}(?:\.[0-9]{1,6})?$/.test(exact)) return Number(exact);
  const text = headers['retry-after'] ?? '';
  // Whole seconds by the RFC; some send fractions.
  if (/^[0-9]{1,8}(?:\.[0-9]{1,6})?$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The one form of a date that may be sent (RFC 9110 §5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;
