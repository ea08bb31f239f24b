import { isOwnStore } from '../../model/service.ts';

/** A folder of a definition, as far as it was written. */
export interface Folder {
  storage_provider?: string;
  path?: string;
}

/** Is this folder in the platform's own store? */
export const isOwn = ({ storage_provider = '', path = '' }: Folder): boolean => isOwnStore({ storage_provider, path });
