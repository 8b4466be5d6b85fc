/**
 * Whether the parts of a run belong together: a genuine quote of one machine beside a genuine GPU of another, or beside somebody else's key, proves
 * nothing about either. Each edge holds, is contradicted, or is not shown; one that is contradicted refutes the run, however genuine its parts are.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { equal } from '../../bytes/octets.js';
import { type AttestedStatement, parseAttested } from '../../evidence/countersign/statement.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { CONVENTIONS, type Convention, holds, type Ingredient, valueBy } from './conventions.js';
import { allOf, anyOf, contradicted, notShown, shown } from './outcome.js';
import { receiptEdges } from './receipt-edges.js';
import type { BoundEvidence, Carrying, Edge, Outcome, Run, RunKey } from './run.js';

/** What evidence can be bound to. */
type Bound = 'statement' | 'key' | 'tls' | 'epoch' | 'nonce';
const BOUND: readonly Bound[] = ['statement', 'key', 'tls', 'epoch', 'nonce'];

/**
 * The edges between all parts that are there, in a fixed order: the quote's, those of each GPU, key and TLS, the receipt's. What is between parts
 * that are there and was not seen is an edge too (`not-shown`). Codes: `binding/…`, and those of comparing content (`content/…`).
 *
 * Throws `binding/statement-malformed`, or `receipt/malformed` for a receipt that cannot be read.
 */
export async function bind(run: Run): Promise<readonly Edge[]> {
  const statement = run.statement === null ? null : parseAttested(run.statement);
  // Without a key of its own the run has the one that its statement names.
  const key: RunKey | null =
    run.key ?? (statement === null ? null : { kind: 'issuer', key: statement.issuer });
  const known: Known = { ...run, key, attested: statement };
  const there = BOUND.filter(name => known[name] !== null);
  const { quote, gpus } = run;
  const edges: Edge[] = [];
  const add = (from: string, to: string, outcome: Outcome) => edges.push({ from, to, ...outcome });

  if (quote !== null) for (const name of there) add(quote.name, name, toPart(quote, name, known));
  for (const gpu of gpus) {
    // What a GPU is not asked with it need not carry: the quote that it is tied to does.
    for (const name of there)
      if ((quote === null && name === 'nonce') || gpu.carries.some(carrying => conveys(carrying, name)))
        add(gpu.name, name, toPart(gpu, name, known));
    if (quote !== null) add(gpu.name, quote.name, gpuToQuote(gpu, quote, known));
  }
  if (key !== null && run.tls !== null) add('key', 'tls', keyToTls(edges, quote, key, run.tls));
  return [...edges, ...(await receiptEdges(run, key, statement?.epoch ?? null))];
}

type Known = Omit<Run, 'key'> & {
  readonly key: RunKey | null;
  readonly attested: AttestedStatement | null;
};

function conveys({ convention }: Carrying, name: Bound): boolean {
  const { of }: Convention = CONVENTIONS[convention];
  return of.some(ingredient => ingredient === name || ingredient === 'statement');
}

function toPart(evidence: BoundEvidence, name: Bound, run: Known): Outcome {
  const outcomes = evidence.carries
    .filter(carrying => conveys(carrying, name))
    .map(carrying => {
      const carried = carriedWithAnyGpu(evidence, carrying, run);
      const { of }: Convention = CONVENTIONS[carrying.convention];
      return name !== 'statement' && of.includes('statement')
        ? allOf([carried, statementSays(run, name)])
        : carried;
    });
  return anyOf(outcomes, 'binding/convention-missing');
}

/** Where the nonce of a GPU goes into what a quote carries, one of the GPUs has to fit; which ones do, their own edges say. */
function carriedWithAnyGpu(evidence: BoundEvidence, carrying: Carrying, run: Known): Outcome {
  const { of }: Convention = CONVENTIONS[carrying.convention];
  if (!of.includes('gpu-nonce')) return carried(evidence, carrying, ingredientsOf(run, run.quote));
  const outcomes = run.gpus.map(gpu => carried(evidence, carrying, ingredientsOf(run, run.quote, gpu)));
  return outcomes.find(({ status }) => status === 'holds') ?? outcomes[0] ?? notShown('binding/part-missing');
}

function carried(
  evidence: BoundEvidence,
  { field, convention }: Carrying,
  ingredients: Partial<Record<Ingredient, Uint8Array>>,
): Outcome {
  // What was refused says nothing, for or against.
  if (evidence.status === 'refused') return notShown('binding/evidence-refused');
  const expected = valueBy(CONVENTIONS[convention], ingredients);
  if (expected === null) return notShown('binding/part-missing');
  const carrier = evidence.carriers[field];
  return carrier !== undefined && holds(carrier, expected)
    ? shown(`${field} of ${evidence.name} is ${convention} of this run.`)
    : contradicted('binding/value-mismatch');
}

function ingredientsOf(
  { key, tls, nonce, statement }: Known,
  quote: BoundEvidence | null,
  gpu?: BoundEvidence,
): Partial<Record<Ingredient, Uint8Array>> {
  const carriers = quote?.carriers;
  const all: Record<Ingredient, Uint8Array | null | undefined> = {
    key: key === null ? null : octetsOf(key),
    tls,
    nonce,
    statement,
    'gpu-nonce': gpu?.carriers.nonce?.value,
    'report-data': (carriers?.reportData ?? carriers?.userData)?.value,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value != null));
}

function octetsOf(key: RunKey): Uint8Array {
  return key.kind === 'issuer' ? key.key.publicKey : key.octets;
}

/** What the statement itself says of a part, as against the part. */
function statementSays({ attested, key, tls, epoch, nonce }: Known, name: Bound): Outcome {
  if (attested === null) return notShown('binding/part-missing');
  const same = (stated: unknown, isSame: boolean) => {
    if (stated === null) return notShown('binding/statement-silent');
    return isSame ? shown(`The statement names this ${name}.`) : contradicted('binding/statement-mismatch');
  };
  switch (name) {
    case 'key':
      return same(attested.issuer, key?.kind === 'issuer' && isSameKey(attested.issuer, key.key));
    case 'tls':
      return same(attested.tls, isEqual(attested.tls, tls));
    case 'nonce':
      return same(attested.nonce, isEqual(attested.nonce, nonce));
    case 'epoch':
      return same(attested.epoch, attested.epoch === epoch);
    case 'statement':
      return shown('It is the statement.');
  }
}

const isSameKey = (a: VerifierKey, b: VerifierKey) => formatVerifierKey(a) === formatVerifierKey(b);
const isEqual = (a: Uint8Array | null, b: Uint8Array | null) => a !== null && b !== null && equal(a, b);

function gpuToQuote(gpu: BoundEvidence, quote: BoundEvidence, run: Known): Outcome {
  if (gpu.status === 'refused' || quote.status === 'refused') return notShown('binding/evidence-refused');
  const ingredients = ingredientsOf(run, quote, gpu);
  const by = (evidence: BoundEvidence, ingredient: Ingredient) =>
    evidence.carries.filter(({ convention }) => {
      const { of }: Convention = CONVENTIONS[convention];
      return of.includes(ingredient);
    });
  const outcomes = [
    ...by(quote, 'gpu-nonce').map(carrying => carried(quote, carrying, ingredients)),
    ...by(gpu, 'report-data').map(carrying => carried(gpu, carrying, ingredients)),
    // Both carry one statement: whoever made it had the machine and the GPU answer for it.
    ...by(gpu, 'statement').flatMap(ofGpu =>
      by(quote, 'statement').map(ofQuote =>
        allOf([carried(gpu, ofGpu, ingredients), carried(quote, ofQuote, ingredients)]),
      ),
    ),
  ];
  return anyOf(outcomes, 'binding/gpu-untied');
}

/** One quote that carries both ties them; so does being one and the same. A contradiction is one of the quote's own edges. */
function keyToTls(
  edges: readonly Edge[],
  quote: BoundEvidence | null,
  key: RunKey,
  tls: Uint8Array,
): Outcome {
  if (key.kind === 'octets' && equal(sha256(key.octets), tls)) return shown('They are one key.');
  const carries = (to: Bound) =>
    edges.some(edge => edge.from === quote?.name && edge.to === to && edge.status === 'holds');
  return carries('key') && carries('tls')
    ? shown(`${quote?.name} carries both.`)
    : notShown('binding/keys-untied');
}

export interface BindingVerdict {
  readonly status: 'accepted' | 'refused' | 'inconclusive';
  readonly code: ReasonCode | null;
}

/** Refused as soon as one edge is contradicted; inconclusive where one is not shown, or where there is none. */
export function verdictOf(edges: readonly Edge[]): BindingVerdict {
  const decisive =
    edges.find(({ status }) => status === 'contradicted') ??
    edges.find(({ status }) => status === 'not-shown');
  if (decisive !== undefined && decisive.status !== 'holds')
    return { status: decisive.status === 'contradicted' ? 'refused' : 'inconclusive', code: decisive.code };
  return edges.length === 0
    ? { status: 'inconclusive', code: 'binding/nothing-bound' }
    : { status: 'accepted', code: null };
}
