import { bucketsContract } from '../contracts/buckets.ts';
import { createFakeBuckets } from './buckets.ts';

bucketsContract('the fake', async () => ({ buckets: createFakeBuckets(), close: async () => undefined }));
