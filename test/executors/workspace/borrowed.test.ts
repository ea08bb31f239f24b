import { expect, it } from 'vitest';
import { storesOf } from '../../../src/executors/workspace/stores.ts';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { declared } from '../../fakes/definitions.ts';

const lent = { endpoint: 'http://home:9000', verify: true, access_key: 'a', secret_key: 's', region: 'r' };
const copied = { 'oscar.grycap/origin-cluster': 'home' };

it.each<[what: string, annotations: Record<string, string>, keys: string, eventId: string | undefined, used: string[]]>(
  [
    ['of a copy is the one that it was sent with', copied, 'a', undefined, ['elsewhere', 'elsewhere']],
    ['of a copy is ours for what happens to objects of ours', copied, 'a', 'e', ['ours', 'elsewhere']],
    ['of a copy without keys is ours', copied, 'hidden', undefined, ['ours', 'ours']],
    ['of any other service is ours', {}, 'a', undefined, ['ours', 'ours']],
  ],
)('the store minio.default %s', async (_, annotations, access_key, eventId, used) => {
  const asked: string[] = [];
  const buckets = {
    fetch: async () => {
      asked.push('ours');
      return { size: 1 };
    },
    put: async () => asked.push('ours'),
  } as unknown as Buckets;
  const elsewhere = async () => ({
    fetch: async () => asked.push('elsewhere'),
    put: async () => void asked.push('elsewhere'),
  });
  const federation = { topology: 'star', members: [] };
  const storage_providers = { minio: { default: { ...lent, access_key } } };
  const service = declared({ annotations, federation, storage_providers });
  const stores = storesOf(service, { buckets, elsewhere, eventId });
  await stores.fetch('minio.default', 'in/file', '/tmp/file');
  await stores.put('minio.default', 'out/file', { file: '/tmp/file', size: 1 });
  expect(asked).toEqual(used);
});
