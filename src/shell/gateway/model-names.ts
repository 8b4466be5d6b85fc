/**
 * Which model names may stand in the public log: those that an upstream lists to everybody or to the operator, those that a provider
 * is known for, and those that the operator has made. A client can write anything where a model's name belongs, an upstream can answer with anything, and what an upstream
 * lists to one client (a model that it has fine-tuned, say) is that client's business; none of it may enter the log for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isVersionOf } from '../../exchange/substitution.js';
import type { Upstream } from '../../exchange/upstream.js';

const PUBLISHABLE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/;
const MAX_LISTED = 10_000;
/** Between two questions to an upstream for what it lists, in milliseconds. */
const ASKING_PAUSE = 60_000;
/** Before each further question to one that gave no answer when the gateway began, in milliseconds: a lost connection decides nothing. */
const PAUSES_AT_FIRST: readonly number[] = [100, 1000, 5000];

export interface ModelNamesOptions {
  /** The public names of providers, where they can be told by their form. */
  readonly known: readonly RegExp[];
  /** The operator's own names for models. */
  readonly aliases: ReadonlySet<string>;
  /** The names of upstreams, which may stand in front of a model's. */
  readonly upstreams: ReadonlySet<string>;
}

export class ModelNames {
  readonly #byUpstream = new Map<Upstream, ReadonlySet<string>>();
  readonly #askedAt = new Map<Upstream, number>();
  readonly #options: ModelNamesOptions;

  constructor(options: ModelNamesOptions) {
    this.#options = options;
  }

  /** Takes over what is known of upstreams that are the same as before. */
  inherit(before: ModelNames, upstreams: readonly Upstream[]): void {
    for (const upstream of upstreams) {
      const known = before.#byUpstream.get(upstream);
      if (known !== undefined) this.#byUpstream.set(upstream, known);
    }
  }

  /**
   * Asks an upstream, without any client's key, for what it lists, and remembers it; when it cannot be asked, nothing changes. Resolves with
   * whether it has answered.
   */
  async ask(upstream: Upstream): Promise<boolean> {
    const models = await upstream.models({}).catch(() => null);
    if (models === null) return false;
    const ids = models.slice(0, MAX_LISTED).map(({ id }) => id);
    this.#byUpstream.set(upstream, new Set(ids.filter(id => PUBLISHABLE.test(id))));
    return true;
  }

  /** Asks as {@link ask} does, and a few times more, with pauses, where there is no answer. Keeps no process alive. */
  async askAtFirst(upstream: Upstream): Promise<void> {
    for (const pause of PAUSES_AT_FIRST) {
      if (await this.ask(upstream)) return;
      await sleep(pause, undefined, { ref: false });
    }
    await this.ask(upstream);
  }

  /** Whether it is time to ask an upstream again; if so, the caller does. `now`: milliseconds. */
  claimsAsking(upstream: Upstream, now: number): boolean {
    if (now - (this.#askedAt.get(upstream) ?? Number.NEGATIVE_INFINITY) < ASKING_PAUSE) return false;
    this.#askedAt.set(upstream, now);
    return true;
  }

  isListedBy(upstream: Upstream, model: string): boolean {
    const listed = this.#byUpstream.get(upstream);
    // Ollama lists the whole name, and answers to it without its usual tag.
    return listed !== undefined && (listed.has(model) || listed.has(`${model}:latest`));
  }

  /** Whether a model's name may stand in the log. */
  isPublic(model: string): boolean {
    if (!PUBLISHABLE.test(model)) return false;
    const { known, aliases, upstreams } = this.#options;
    if (aliases.has(model) || known.some(names => names.test(model))) return true;
    for (const names of this.#byUpstream.values()) if (names.has(model)) return true;
    const slash = model.indexOf('/');
    return slash > 0 && upstreams.has(model.slice(0, slash)) && this.isPublic(model.slice(slash + 1));
  }

  /** Whether the name that an upstream served may: a public one, or a dated version of the public one that was asked for. */
  serves(requested: string | null, served: string): boolean {
    if (this.isPublic(served)) return true;
    return (
      requested !== null &&
      this.isPublic(requested) &&
      PUBLISHABLE.test(served) &&
      isVersionOf(served, requested)
    );
  }
}
