import { join, relative } from 'node:path';
import { SandboxError } from '../../model/errors.ts';
import { optional, type Run } from '../command.ts';
import { table } from '../output.ts';
import { copyTemplate, listTemplates, templateFolder } from '../templates.ts';

/** Copies a starter service into a folder, or lists them. */
export const init: Run = async (context) => {
  const { out } = context;
  const name = optional(context, 0);
  const templates = await listTemplates(templateFolder);
  if (name === undefined) {
    if (out.json) for (const template of templates) out.value(template, '');
    else
      out.value(templates, () =>
        table(
          ['TEMPLATE', ''],
          templates.map((template) => [template.name, template.about]),
        ),
      );
    out.note('\nCopy one: oscar-sandbox init TEMPLATE [FOLDER]');
    return 0;
  }
  if (!templates.some((template) => template.name === name)) {
    throw new SandboxError('not-found', `There is no template ${name}.`, {
      hint: `Templates are: ${templates.map((template) => template.name).join(', ')}.`,
    });
  }
  const folder = optional(context, 1) ?? name;
  const { fdlJsonSchema } = await import('../../declare/fdlschema.ts');
  const files = await copyTemplate({ from: join(templateFolder, name), to: folder, schema: fdlJsonSchema() });
  const paths = files.map((file) => relative('', join(folder, file)));
  out.value({ template: name, folder, files }, () => paths.join('\n'));
  out.note(`\nServe it: oscar-sandbox up ${folder}`);
  return 0;
};
