import { fdlJsonSchema } from '../../declare/fdlschema.ts';
import type { Run } from '../command.ts';

/** Prints the JSON schema of FDL files. */
export const schema: Run = async ({ out }) => {
  const value = fdlJsonSchema();
  out.value(value, () => JSON.stringify(value, null, 2));
  return 0;
};
