import { maySee, type Person } from '../../model/person.ts';
import { millicores } from '../../model/quantity.ts';
import type { Service } from '../../model/service.ts';
import type { Asked, Way } from '../../store/usage.ts';
import type { ApiParts } from '../parts.ts';
import type { Asking } from './span.ts';

/** What is known of a span, as far as this person may see. */
export interface Figures {
  /** The services that are declared. */
  services: Service[];
  /** The calls; requests of exposed services are apart. */
  calls: Asked[];
  exposed: Asked[];
  /** What the invocations that ended had of the machine. */
  hours: Hours;
}

export interface Hours {
  cpu: number;
  gpu: number;
}

/** Looks a span up: of all services, or of one alone. */
export function figuresOf({ store }: ApiParts, { span }: Asking, { person, only }: Scope): Figures {
  const services = store.services.list().filter(({ definition }) => maySee(definition, person));
  const visible = new Set(services.map(({ name }) => name));
  // The administrator sees also what was asked of services that are gone, or never were.
  const counts = ({ service }: { service: string }) =>
    only === undefined ? person.kind === 'admin' || visible.has(service) : service === only;
  const asked = store.usage.asked(span).filter(counts);
  const hours = { cpu: 0, gpu: 0 };
  for (const { cpu, gpus, ms } of store.usage.worked(span).filter(counts)) {
    hours.cpu += (millicores(cpu) * ms) / 3.6e9;
    hours.gpu += (gpus * ms) / 3.6e6;
  }
  return {
    services,
    calls: asked.filter(({ way }) => way !== 'exposed'),
    exposed: asked.filter(({ way }) => way === 'exposed'),
    hours,
  };
}

export interface Scope {
  person: Person;
  /** The service that is asked about. */
  only?: string;
}

/** How many requests that is; of one way, or of all. */
export const countOf = (asked: Asked[], way?: Way): number =>
  asked.reduce((sum, one) => (way === undefined || one.way === way ? sum + one.count : sum), 0);

/** Those who asked, in order, each once. */
export const usersOf = (asked: Asked[]): string[] =>
  [...new Set(asked.map(({ user }) => user).filter((user) => user !== ''))].sort();
