/** The attempts of one exchange: one after another, until one is good enough for the client or none is left. */
import type { Surface } from '../../exchange/surface.js';
import type { Attesting } from '../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { MAX_ATTEMPTS } from '../../receipt/receipt.js';
import { Attempt } from './attempt.js';
import { unattested } from './attestation/standing.js';
import { ClientStream } from './client-stream.js';
import { asFailure, type GatewayContext } from './context.js';
import type { Delivery } from './delivery.js';
import { type ExchangeRecord, MAX_PASSED_OVER } from './exchange-record.js';
import { type ClientRequest, outgoing } from './outgoing.js';
import { passedOverFor } from './policy/policy-run.js';
import { canAsk } from './routing/can-ask.js';
import type { Route, Target } from './routing/route.js';
import { type NextAttempt, RoutePlan, type Setback } from './routing/route-plan.js';

const ELSEWHERE: Setback = { transient: false, elsewhere: true, retryAfter: null };

export class Attempts {
  readonly #context: GatewayContext;
  readonly #surface: Surface;
  readonly #record: ExchangeRecord;
  readonly #delivery: Delivery;
  readonly #request: ClientRequest;
  readonly #route: Route;
  readonly #plan: RoutePlan;
  readonly #stream: ClientStream;
  #current: Attempt | null = null;
  #pause: NodeJS.Timeout | null = null;

  constructor(
    context: GatewayContext,
    record: ExchangeRecord,
    delivery: Delivery,
    request: ClientRequest,
    route: Route,
  ) {
    this.#context = context;
    this.#surface = request.surface;
    this.#record = record;
    this.#delivery = delivery;
    this.#request = request;
    this.#route = route;
    this.#stream = new ClientStream(request.surface, record, delivery);
    this.#plan = new RoutePlan({
      route,
      policy: context.retries,
      most: MAX_ATTEMPTS - (record.run === null ? 0 : MAX_PASSED_OVER),
      healthOf: ({ upstream }) => context.health.of(upstream),
      serves: ({ upstream }) => canAsk(upstream, request.surface.name),
      random: Math.random,
      now: context.now,
    });
  }

  /**
   * Begins. Throws `request/surface-unsupported` when none of the route's upstreams has the surface, and `upstream/circuit-open` when all
   * have failed too often lately.
   */
  start(): void {
    const isServed = ({ upstream }: Target) => canAsk(upstream, this.#surface.name);
    if (!this.#route.tiers.some(({ targets }) => targets.some(isServed)))
      throw new Failure('request/surface-unsupported', { field: 'model' });
    const first = this.#plan.first();
    if (first === null) throw new Failure('upstream/circuit-open');
    this.#delivery.whenGone(reason => this.#abort(reason));
    this.#delivery.whenEnded(() => this.#ended());
    const { timeouts } = this.#context;
    const { stream } = this.#request.facts;
    if (stream && this.#awaitsEvents) this.#stream.keepAlive(timeouts.keepAlive);
    this.#begin(first);
    // The upstream thinks meanwhile.
    if (stream && this.#delivery.carriesComments) this.#record.prepareAcceptance();
    if (this.#delivery.gone) this.#abort('client/aborted');
  }

  get #awaitsEvents(): boolean {
    return this.#surface.awaitsEvents(this.#request.query);
  }

  /** In how many whole seconds to try again after `upstream/circuit-open`. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.#plan.opensIn / 1000));
  }

  /** Throws what is wrong with the request when none of the route's upstreams can be sent it. */
  #begin(first: NextAttempt): void {
    const permitted = this.#permitted(first);
    if (permitted === null) return;
    try {
      this.#attempt(permitted.target);
    } catch (error) {
      const next =
        error instanceof Failure && error.code.startsWith('request/') ? this.#plan.after(ELSEWHERE) : null;
      if (next === null) throw error;
      this.#begin(next);
    }
  }

  /**
   * The next that may be asked now, by the policy and by what it has shown of itself, in the place of those that may not. Null where that has to be
   * found out first; it goes on by itself then. Throws the code of the clause, or `upstream/unattested`, where there is none, or where the clause has the
   * request refused.
   */
  #permitted(next: NextAttempt): NextAttempt | null {
    for (let permitted = next; ; ) {
      const { upstream } = permitted.target;
      if (upstream.attestation != null && upstream.attestation.finding === null) {
        this.#await(upstream.attestation, permitted);
        return null;
      }
      const { run } = this.#record;
      const stop = run?.choose(permitted.target) ?? null;
      const finding = run?.letsUnattested === true ? null : unattested(upstream);
      if (stop === null && finding === null) return permitted;
      const code = stop?.check.code ?? 'upstream/unattested';
      const other = stop === null || stop.check.onFailure === 'reroute' ? this.#plan.passOver() : null;
      if (other !== null || finding !== null) this.#record.passedOver(passedOverFor(permitted.target, code));
      if (other === null) {
        if (stop !== null) run?.refused(stop);
        throw (
          stop?.failure ?? new Failure(code, { field: upstream.name, detail: finding?.failure.code ?? code })
        );
      }
      permitted = other;
    }
  }

  /** Until it is known whether the upstream is what it has to be. */
  #await(attestation: Attesting, next: NextAttempt): void {
    this.#current = null;
    void attestation.find().then(() => {
      const { ended, gone } = this.#delivery;
      if (!ended && !gone) this.#next(next);
    });
  }

  #attempt(target: Target): void {
    const { upstream } = target;
    const { facts } = this.#request;
    learnNames(this.#context, upstream, target.model ?? facts.model);
    const { request, transforms, host, translation } = outgoing(
      this.#request,
      target,
      this.#route.choice,
      this.#context.now(),
    );
    if (request.body !== this.#request.body) this.#delivery.holdRequest(request.body.length);
    const restorer = this.#request.redaction?.newRestorer(this.#context.limits.responseBytes) ?? null;
    this.#record.attempting(target, request.body, {
      transforms,
      host,
      restorer,
    });
    this.#record.run?.sending(target);
    this.#current = new Attempt({
      context: this.#context,
      surface: this.#surface,
      record: this.#record,
      delivery: this.#delivery,
      stream: this.#stream,
      upstream,
      asked: target.model ?? facts.model,
      translation,
      restorer,
      health: this.#context.health.of(upstream),
      follows: (setback, reason) => this.#follows(setback, reason),
    });
    const isLet = upstream.attestation != null && this.#record.run?.letsUnattested === true;
    this.#current.start(isLet ? { ...request, unattested: true } : request);
  }

  #follows(setback: Setback, reason: ReasonCode): boolean {
    const next = this.#plan.after(setback);
    if (next === null) return false;
    this.#record.gaveUp(reason);
    this.#current = null;
    // The next may answer with a body, which a client can be given that has been told of no stream.
    if (!this.#awaitsEvents && !this.#stream.begun) this.#stream.fallSilent();
    this.#pause = setTimeout(() => this.#next(next), next.wait);
    return true;
  }

  #next(next: NextAttempt): void {
    this.#pause = null;
    try {
      const permitted = this.#permitted(next);
      if (permitted === null) return;
      if (permitted !== next && permitted.wait > 0) {
        this.#pause = setTimeout(() => this.#next(permitted), permitted.wait);
        return;
      }
      this.#attempt(permitted.target);
    } catch (error) {
      const failure = asFailure(this.#context, error);
      // What cannot be said in one host's API may be said in another's.
      const next = failure.code.startsWith('request/') ? this.#plan.after(ELSEWHERE) : null;
      if (next !== null) {
        this.#next(next);
        return;
      }
      const isOfRequest = failure.code.startsWith('request/') && !this.#record.hasAsked;
      const isRefusal = isOfRequest || /^(?:clause\/|upstream\/unattested$)/.test(failure.code);
      if (this.#stream.begun) this.#stream.fail(failure, null, isRefusal ? 'refused' : 'failed');
      else if (isRefusal) this.#delivery.refuse(failure);
      else this.#delivery.failWith(failure);
    }
  }

  #abort(reason: 'client/aborted' | 'gateway/closing'): void {
    try {
      if (this.#current !== null) this.#current.abort(reason);
      else if (this.#stream.begun) this.#stream.abort(reason, null);
      else this.#delivery.abandonBody(reason);
    } catch (error) {
      this.#delivery.collapse(error);
    }
  }

  #ended(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#stream.fallSilent();
    this.#current?.release();
  }
}

/** An upstream whose list nobody has seen, because it was down for example, is asked for it beside the request. */
function learnNames(
  { names, now }: GatewayContext,
  upstream: Target['upstream'],
  model: string | null,
): void {
  const known = model !== null && names.isPublic(model);
  if (!known && names.claimsAsking(upstream, now())) void names.ask(upstream);
}
