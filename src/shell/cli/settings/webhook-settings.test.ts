import { describe, expect, it } from 'vitest';
import '../../node.js';
import { WEBHOOK_SECRET, WEBHOOK_SECRET_BYTES } from '../../../../test/support/receiver.js';
import { UsageError } from '../exit-code.js';
import { shownWebhook, webhooksOf } from './webhook-settings.js';

const one = { name: 'pager', url: 'https://hooks.example/T0/key', secret: { env: 'HOOK' } };
const environment = { HOOK: WEBHOOK_SECRET };

describe('who is told of revocations', () => {
  it('is as the configuration says, and shown without what may be a secret', async () => {
    const [all, some] = await webhooksOf(
      [one, { ...one, name: 'chips', url: 'http://pager.internal/', fields: ['chip'], private: true }],
      environment,
    );
    expect(all).toEqual({
      ...{ name: 'pager', url: new URL(one.url), secret: WEBHOOK_SECRET_BYTES, topics: null },
      mayBePrivate: false,
    });
    expect(some).toMatchObject({ topics: new Set(['chip']), mayBePrivate: true });
    const shown = [all, some].map(each => shownWebhook(each as NonNullable<typeof each>));
    expect(shown).toEqual([
      { name: 'pager', origin: 'https://hooks.example', fields: 'all', private: false },
      { name: 'chips', origin: 'http://pager.internal', fields: ['chip'], private: true },
    ]);
  });

  it.each<[string, Parameters<typeof webhooksOf>[0], string]>([
    ['a name in clear over the internet', [{ ...one, url: 'http://hooks.example/T0/key' }], 'webhooks.0.url'],
    ['an address with a password', [{ ...one, url: 'https://a:T0@hooks.example/' }], 'webhooks.0.url'],
    ['two of one name', [one, one], 'webhooks.1.name'],
    ['a secret that is not there', [{ ...one, secret: { env: 'NONE' } }], 'webhooks.0.secret'],
    ['a secret of another kind', [{ ...one, secret: { env: 'OTHER' } }], 'webhooks.0.secret'],
  ])('cannot be %s, of which nothing is repeated', async (_, configured, says) => {
    const error = await webhooksOf(configured, { ...environment, OTHER: 'T0-other-secret' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(says);
    expect(String(error)).not.toMatch(/T0|whsec_[A-Za-z0-9]/);
  });
});
