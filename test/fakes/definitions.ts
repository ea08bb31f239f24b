import { normalise } from '../../src/declare/normalise.ts';
import type { DefinitionInput } from '../../src/declare/schema.ts';
import { administrator } from '../../src/model/person.ts';
import { fingerprint, type Service } from '../../src/model/service.ts';

const minio = {
  endpoint: 'http://127.0.0.1:9000',
  verify: false,
  access_key: 'hidden',
  secret_key: 'hidden',
  region: 'us-east-1',
};

/** What a user would write, a small one. */
export const written = (input: Partial<DefinitionInput> = {}): DefinitionInput => ({
  name: 'demo',
  image: 'docker.io/library/alpine',
  script: 'cat "$INPUT_FILE_PATH"\n',
  ...input,
});

/** A declared service, as the store would hand it out. */
export function declared(input: Partial<DefinitionInput> = {}, known: Partial<Service> = {}): Service {
  const definition = normalise(written(input), { minio, person: administrator });
  return {
    name: definition.name,
    version: 1,
    fingerprint: fingerprint(definition, {}),
    definition,
    secrets: {},
    source: { kind: 'api' },
    buckets: [],
    warnings: [],
    declaredAt: 0,
    ...known,
  };
}
