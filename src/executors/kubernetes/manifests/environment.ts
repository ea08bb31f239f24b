import type { Service } from '../../../model/service.ts';
import { serviceVariables } from '../../workspace/variables.ts';

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: Record<string, unknown>;
}

/** The variables of a container, and what had to be left out. */
export interface Environment {
  env: Variable[];
  /** Sentences for the user. */
  leftOut: string[];
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Linux starts no program with a longer variable, name and `=` included.
const MAX_BYTES = 128 * 1024 - 1;

/** Why no container can have this variable. */
export function objection(name: string, value: string): string | undefined {
  if (!IDENTIFIER.test(name)) return 'its name is not one that a shell can export';
  if (value.includes('\0')) return 'it contains a NUL byte';
  if (Buffer.byteLength(`${name}=${value}`) > MAX_BYTES)
    return 'it is longer than 128 KiB, the most a variable can hold';
  return undefined;
}

/** Kubernetes puts other variables in for `$(NAME)`, and makes one of two `$`: a value that shall stay as it is. */
const literal = (value: string): string => (/\$[$(]/.test(value) ? value.replaceAll('$', '$$$$') : value);

/** Variables as a container's definition has them. */
export function environment(variables: Record<string, string>): Environment {
  const env: Variable[] = [];
  const leftOut: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const reason = objection(name, value);
    if (reason) leftOut.push(`The variable ${name} is left out: ${reason}.`);
    else env.push({ name, value: literal(value) });
  }
  return { env, leftOut };
}

/** What all containers of a service have, but for its secrets. OSCAR's own variables win over the user's. */
export const ownVariables = (service: Service): Record<string, string> => serviceVariables({ ...service, secrets: {} });

/** The secrets that a service's containers have. A federated service's refresh token is for the platform alone. */
export function ownSecrets({ secrets, definition }: Service): Record<string, string> {
  const { refresh_token, ...others } = secrets;
  const all = definition.federation ? others : secrets;
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => objection(name, value) === undefined));
}

/** What of a service's variables and secrets its containers do not have, a sentence each. */
export const leftOut = (service: Service): string[] =>
  environment({ ...service.secrets, ...ownVariables(service) }).leftOut;
