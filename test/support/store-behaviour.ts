/** What every store of a client does. Throws where one does not; it runs in browsers too, so that nothing else is needed. */
import type { ReceiptStore } from '../../src/client/receipt-store.js';

type Step = (store: ReceiptStore) => Promise<void>;

export const STORE_BEHAVIOUR: Readonly<Record<string, Step>> = {
  'gives back what was put, and null where nothing was': async store => {
    await store.put('open-a', 'text');
    same(await store.get('open-a'), 'text');
    same(await store.get('open-b'), null);
  },
  'keeps every character': async store => {
    const text = '{"é":"日本🙂 \\u0000 \\n"}\n';
    await store.put('open-characters', text);
    same(await store.get('open-characters'), text);
  },
  'puts a text in the place of another': async store => {
    await store.put('open-again', 'first, which is longer');
    await store.put('open-again', 'second');
    same(await store.get('open-again'), 'second');
  },
  'deletes, also what is not there': async store => {
    await store.put('open-gone', 'text');
    await store.delete('open-gone');
    await store.delete('open-gone');
    same(await store.get('open-gone'), null);
    same((await store.names('open-gone')).join(), '');
  },
  'lists the names that begin so, and no others': async store => {
    for (const name of ['list-1', 'list-2', 'lists', 'other-list-1']) await store.put(name, name);
    same([...(await store.names('list-'))].sort().join(), 'list-1,list-2');
    same((await store.names('nothing')).join(), '');
  },
  'takes many at once, to one name and to many': async store => {
    const many = Array.from({ length: 50 }, (_, at) => `many-${at}`);
    await Promise.all(many.map(name => store.put(name, name)));
    await Promise.all(many.map(text => store.put('one', text)));
    same((await store.names('many-')).length, 50);
    same(await store.get('one'), 'many-49');
  },
  'takes a text as large as a record can be': async store => {
    const text = 'x'.repeat(1 << 20);
    await store.put('large', text);
    same((await store.get('large'))?.length, text.length);
  },
  'refuses names that are no names': async store => {
    for (const name of ['', '../other', 'a/b', 'A', 'a.json', 'é', 'a'.repeat(101), 'lock\u0000'])
      await refused(() => store.put(name, 'text'));
  },
};

function same(found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

async function refused(step: () => Promise<unknown>): Promise<void> {
  let done = true;
  await step().catch(() => {
    done = false;
  });
  if (done) throw new Error('it was not refused');
}
