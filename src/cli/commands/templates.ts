import { join, relative } from 'node:path';
import { SandboxError } from '../../model/errors.ts';
import { optional, type Run } from '../command.ts';
import { table } from '../output.ts';
import { copyOf, listTemplates, writeCopy } from '../templates.ts';

/** Copies a starter service into a folder, or lists them. */
export const init: Run = async (context) => {
  const { out } = context;
  const name = optional(context, 0);
  const templates = listTemplates();
  if (name === undefined) {
    const told = templates.map(({ name, about }) => ({ name, about }));
    if (out.json) for (const template of told) out.value(template, '');
    else
      out.value(told, () =>
        table(
          ['TEMPLATE', ''],
          told.map(({ name, about }) => [name, about]),
        ),
      );
    out.note('\nCopy one: oscar-sandbox init TEMPLATE [FOLDER]');
    return 0;
  }
  const template = templates.find((one) => one.name === name);
  if (!template) {
    throw new SandboxError('not-found', `There is no template ${name}.`, {
      hint: `Templates are: ${templates.map((template) => template.name).join(', ')}.`,
    });
  }
  const folder = optional(context, 1) ?? name;
  const { fdlJsonSchema } = await import('../../declare/fdlschema.ts');
  const copy = copyOf(template, fdlJsonSchema());
  await writeCopy(folder, copy);
  const files = [...copy.keys()];
  const paths = files.map((file) => relative('', join(folder, file)));
  out.value({ template: name, folder, files }, () => paths.join('\n'));
  out.note(`\nServe it: oscar-sandbox up ${folder}`);
  return 0;
};
