import { decodeJson } from './decode.ts';
import { type DefinitionInput, shapes, toDefinition } from './schema.ts';

/**
 * A service as a client sends it, and the keys in it that OSCAR does not know. What Go leaves empty is empty here:
 * a missing name, image or script is `''`. Throws Go's sentence without OSCAR's prefix.
 */
export function decodeDefinition(bytes: Buffer): { input: DefinitionInput; unknown: string[] } {
  const { service, ignored } = shapes();
  const { value, unknown } = decodeJson(bytes, service, 'Service');
  const given = value as Record<string, unknown>;
  // `??`: null leaves a field as it was, which is empty.
  const required = { name: given.name ?? '', image: given.image ?? '', script: given.script ?? '' };
  const input = toDefinition({ ...given, ...required });
  return { input, unknown: unknown.filter((key) => !Object.hasOwn(ignored, key)) };
}
