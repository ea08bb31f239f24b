import { SandboxError } from '../../model/errors.ts';
import { type Definition, provider } from '../../model/service.ts';
import type { OpenElsewhere } from '../elsewhere.ts';
import { openS3 } from './s3.ts';
import { openWebdav } from './webdav.ts';

/** Speaks S3 and WebDAV. */
export const openElsewhere: OpenElsewhere = async (definition, reference) => {
  const { type, id } = provider(reference);
  const name = `${type}.${id}`;
  const { minio = {}, s3 = {}, webdav = {} } = definition.storage_providers;
  switch (type) {
    case 'minio': {
      const { endpoint, region, verify, ...keys } = complete(minio[id], ['endpoint', ...keyNames], {
        name,
        definition,
      });
      return openS3(name, { url: endpoint, region: region || 'us-east-1', verify, ...keys });
    }
    case 's3': {
      const { region, ...keys } = complete(s3[id], keyNames, { name, definition });
      return openS3(name, { region: region || 'us-east-1', verify: true, ...keys });
    }
    case 'webdav':
      return openWebdav(name, complete(webdav[id], ['hostname', 'login', 'password'], { name, definition }));
    default:
      throw new SandboxError('failed', `OSCAR Sandbox speaks to no store like ${name}.`, {
        hint: 'It speaks to minio, s3 and webdav.',
      });
  }
};

const keyNames = ['access_key', 'secret_key'] as const;

/** The provider's settings, once nothing of what it takes is missing. */
function complete<T extends object>(
  given: T | undefined,
  needed: readonly (keyof T & string)[],
  { name, definition }: { name: string; definition: Definition },
): T {
  const missing = given && needed.filter((key) => !given[key]);
  if (given && missing?.length === 0) return given;
  const what = missing ? `has no ${missing.join(' and no ')}` : 'is not defined';
  const [type, id] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  throw new SandboxError('failed', `The storage provider ${name} of ${definition.name} ${what}.`, {
    hint: `Write it below storage_providers, ${type}, ${id}.`,
  });
}
