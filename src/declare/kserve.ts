import type { Finding } from './positions.ts';
import type { DefinitionInput } from './schema.ts';

type Given = NonNullable<DefinitionInput['kserve']>;

/** What OSCAR demands of the model beside a service, in its words, and the fix for a file. */
export function* checkKserve({ kserve }: DefinitionInput): Generator<Finding> {
  if (!kserve) return;
  const path = ['kserve'];
  if (!kserve.storage_uri)
    yield { path, message: 'Kserve StorageUri is required', hint: 'Add `storage_uri:` below `kserve:`.' };
  if (!kserve.type)
    yield { path, message: 'Kserve Type is required', hint: 'Add `type: inference` or `type: llm_inference`.' };
  if (kserve.type === 'inference' && !kserve.inference?.model_format?.trim()) {
    const hint = 'Add `inference: {model_format: …}`.';
    yield { path, message: 'Kserve Inference ModelFormat is required', hint };
  }
}

/** The model as OSCAR stores and answers it: in its order, defaults filled in, what is empty left out. */
export function normaliseKserve(given: Given): Record<string, unknown> {
  const { inference, llm_inference: llm, env } = given;
  return {
    ...filled({ type: given.type }),
    ...(inference ? { inference: filled({ model_format: inference.model_format, runtime: inference.runtime }) } : {}),
    ...(llm ? { llm_inference: filled({ runtime_image: llm.runtime_image }) } : {}),
    storage_uri: given.storage_uri ?? '',
    ...filled({ api_version: given.api_version || 'v1', min_scale: given.min_scale, max_scale: given.max_scale ?? 1 }),
    cpu: given.cpu || '0.2',
    memory: given.memory || '256Mi',
    ...filled({ args: given.args, env, enable_gpu: given.enable_gpu, set_auth: given.set_auth ?? true }),
  };
}

/** Go: a key is left out when its value is empty, zero or false. */
const filled = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => isFilled(value)));

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
