/** Where a gateway's other paths are, told from the address that was asked. An answer never decides which server is asked next. */

/** Whether a text has the form of an exchange's id, so that it can stand in a path. */
export function isExchangeId(text: string): boolean {
  return /^[a-z2-7]{26}$/.test(text);
}

/** The address that everything of a gateway is below, without a slash at the end: what comes before the API's version in the address that was asked. */
export function gatewayOf(url: string): string {
  const { origin, pathname } = new URL(url);
  const [, prefix = ''] = /^(.*?)\/v1(?:beta)?(?:\/|$)/.exec(pathname) ?? [];
  return `${origin}${prefix}`;
}

export function bundleAddress(gateway: string, exchange: string, stage: 'witnessed' | null): string {
  return `${gateway}/v1/receipts/${exchange}${stage === null ? '' : `?wait=${stage}`}`;
}

/** The address below which a gateway's log is read. */
export function logAddress(gateway: string): string {
  return `${gateway}/log`;
}

/** Where a gateway shows what the closing of an epoch says of a number. */
export function closingAddress(gateway: string, epoch: string, client: string, counter: number): string {
  return `${gateway}/v1/closings/${epoch}/${client}/${counter}`;
}
