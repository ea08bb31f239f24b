import { asSandboxError, SandboxError } from '../model/errors.ts';
import { quantity } from '../model/quantity.ts';
import { type Definition, isExposed, type Volume } from '../model/service.ts';
import { checkKserve } from './kserve.ts';
import type { DefinitionInput } from './schema.ts';

const invalid = (text: string) => new SandboxError('invalid', text);
const notValid = (text: string) => invalid(`The service specification is not valid: ${text}`);
const refused = (text: string) => new SandboxError('rejected', `Error creating the service: ${text}`);

/** What is demanded of every body, in OSCAR's own words. */
export function demandRequired(input: DefinitionInput): void {
  // OSCAR: a model that is not whole is no JSON to begin with.
  for (const { message } of checkKserve(input)) throw notValid(message);
  const broken: [string, string][] = [];
  if (!input.name) broken.push(['Name', 'required']);
  else if ([...input.name].length > 39) broken.push(['Name', 'max']);
  if (!input.image) broken.push(['Image', 'required']);
  if (!input.script) broken.push(['Script', 'required']);
  if (broken.length === 0) return;
  const line = ([field, tag]: [string, string]) =>
    `Key: 'Service.${field}' Error:Field validation for '${field}' failed on the '${tag}' tag`;
  throw notValid(broken.map(line).join('\n'));
}

/** OSCAR: folders must have a path. */
export function demandPaths({ input, output }: Definition): void {
  if (input.some((io) => io.path === '')) throw invalid('input path cannot be empty');
  if (output.some((io) => io.path === '')) throw invalid('output path cannot be empty');
}

/** What is wrong is wrong with the specification of a service. */
function specified(demand: () => void): void {
  try {
    demand();
  } catch (error) {
    throw notValid(asSandboxError(error).message);
  }
}

const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The rules of a managed volume. */
export function demandVolume(volume: Volume | undefined): void {
  if (!volume) return;
  const { name = '', size, mount_path: path, lifecycle_policy: policy = '' } = volume;
  if (path === '') throw notValid('volume.mount_path is required');
  if (name === '' && size === '') throw notValid('volume.name is required when volume.size is not set');
  specified(() => demandVolumeName(name));
  if (size !== '') specified(() => demandVolumeSize(size));
  if (policy !== '' && !['delete', 'retain'].includes(policy)) {
    throw notValid('volume.lifecycle_policy must be either "delete" or "retain"');
  }
  if (policy !== '' && size === '') throw notValid('volume.lifecycle_policy is only valid when volume.size is set');
  if (!path.startsWith('/')) throw notValid('volume.mount_path must be an absolute path');
  if (/^\/oscar\/(config|bin)(\/|$)/.test(path))
    throw notValid('volume.mount_path cannot overlap OSCAR reserved paths');
}

/** The name of a volume, whoever makes it. */
export function demandVolumeName(name: string): void {
  if (dnsName.test(name) && name.length <= 63) return;
  throw invalid('volume.name must satisfy Kubernetes DNS-1123 naming rules');
}

/** The size of a volume, whoever makes it. */
export function demandVolumeSize(size: string): void {
  if (!isPositive(size)) throw invalid('volume.size must be a valid positive quantity');
}

function isPositive(size: string): boolean {
  try {
    return quantity(size) > 0;
  } catch {
    return false;
  }
}

/** What Kubernetes would refuse, before anything was made: OSCAR answers 500 with its sentence. */
export function demandRunnable(definition: Definition, allowedImages: string[]): void {
  const { name, image } = definition;
  if (allowedImages.length > 0 && !allowedImages.some((part) => image.includes(part))) {
    throw refused(`image ${image} is not allowed for pull on the cluster`);
  }
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw refused(
      `ConfigMap "${name}" is invalid: metadata.name: Invalid value: "${name}": a DNS-1035 label must consist of ` +
        `lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric ` +
        `character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    );
  }
  for (const text of [definition.memory, definition.cpu]) demandQuantity(text);
  if (definition.ephemeral_storage_request) demandQuantity(definition.ephemeral_storage_request);
  if (isExposed(definition)) demandExposable(definition);
}

function demandQuantity(text: string): void {
  try {
    quantity(text);
  } catch (error) {
    const reason = error instanceof SandboxError ? error : undefined;
    throw new SandboxError('rejected', `Error creating the service: ${reason?.message}`, {
      hint: reason?.hint,
      cause: error,
    });
  }
}

function demandExposable({ name, expose }: Definition): void {
  const { api_port: api = [], nodePort: node = [], auth_type: auth = 'basic' } = expose;
  if (node.length > 0 && node.length !== api.length) {
    throw refused(`The length of nodePort (${node.length}) must be equal to that of api_port (${api.length})`);
  }
  const route = `error creating route for exposed service '${name}': `;
  if (expose.set_auth && !['basic', 'forward'].includes(auth.toLowerCase())) {
    throw refused(`${route}unsupported expose auth_type "${auth}"`);
  }
}
