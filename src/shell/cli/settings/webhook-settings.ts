/** Whom a gateway tells of revocations, as the configuration says. */
import { parseWebhookSecret } from '../../webhooks/signature.js';
import { addressProblem, type Subscriber } from '../../webhooks/subscriber.js';
import { UsageError } from '../exit-code.js';
import type { Config } from './config-schema.js';
import { readSecret } from './secret.js';

/** Whether they can be used, as far as no secret has to be read for it. Throws a usage error, which shows no address. */
export function requireUsableWebhooks(configured: NonNullable<Config['webhooks']>): void {
  for (const [at, { name, url, private: mayBePrivate = false }] of configured.entries()) {
    const problem = addressProblem(url, mayBePrivate);
    if (problem !== null) throw new UsageError(`webhooks.${at}.url: ${problem}`);
    if (configured.slice(0, at).some(other => other.name === name))
      throw new UsageError(`webhooks.${at}.name: there are two of that name.`);
  }
}

/** Throws a usage error, which shows neither an address nor a secret. */
export async function webhooksOf(
  configured: NonNullable<Config['webhooks']>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Subscriber[]> {
  requireUsableWebhooks(configured);
  const subscribers: Subscriber[] = [];
  for (const [at, { name, url, secret, fields, private: mayBePrivate = false }] of configured.entries()) {
    const bytes = parseWebhookSecret(await readSecret(`webhooks.${at}.secret`, secret, environment));
    if (bytes === null)
      throw new UsageError(`webhooks.${at}.secret: it takes whsec_ and the base64 of 24 to 64 random bytes.`);
    const topics = fields === undefined ? null : new Set<string>(fields);
    subscribers.push({ name, url: new URL(url), secret: bytes, topics, mayBePrivate });
  }
  return subscribers;
}

/** What may be shown of one: its path or query may hold a secret. */
export function shownWebhook({ name, url, topics, mayBePrivate }: Subscriber): object {
  return { name, origin: url.origin, fields: topics === null ? 'all' : [...topics], private: mayBePrivate };
}
